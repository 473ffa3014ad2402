import * as Schema from "effect/Schema"

/**
 * An Arrow file cannot be read or written.
 * - `corrupt`: it is not an Arrow file, or it is damaged or cut short.
 * - `mismatch`: it is sound, but its columns are not the ones asked for; or a batch does not fit its table.
 * - `unsupported`: it uses a feature that cannot be read here (compression, big-endian numbers).
 * - `io`: the system refused; `code` is its answer (`ENOENT`, `EACCES`, …).
 */
export class IpcError extends Schema.TaggedError<IpcError>()("IpcError", {
  kind: Schema.Literals(["corrupt", "mismatch", "unsupported", "io"]),
  message: Schema.String,
  file: Schema.String,
  code: Schema.optionalKey(Schema.String),
}) {}

const codeOf = (cause: unknown) =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

/**
 * Whatever was thrown while a file was read, as an `IpcError`. What is neither
 * one already nor the system's own refusal was thrown by a parser at bytes that
 * make no sense.
 */
export const fromCause =
  (file: string) =>
  (cause: unknown): IpcError => {
    if (cause instanceof IpcError) return cause
    const code = codeOf(cause)
    const why = cause instanceof Error ? cause.message : String(cause)
    return code !== undefined && !code.startsWith("ERR_")
      ? new IpcError({ kind: "io", message: `${file}: ${why}`, file, code })
      : new IpcError({ kind: "corrupt", message: `${file} is no sound Arrow file: ${why}`, file })
  }
