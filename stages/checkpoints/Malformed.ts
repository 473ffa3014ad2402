/**
 * A checkpoint is not what it says it is, or holds what is not read. Thrown
 * while a file is taken apart; `read` turns it into an error that names the file.
 */
export class Malformed extends Error {
  override readonly name = "Malformed"
  readonly hint: string | undefined
  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}
