/** An output that remembers what was written to it. */
import * as Effect from "effect/Effect"
import type { Channel } from "../../src/report/Output.ts"
import { plain, type Style } from "../../src/report/style.ts"

export interface Screen extends Channel {
  readonly text: () => string
  readonly lines: () => ReadonlyArray<string>
}

export const screen = (options: { readonly terminal?: boolean; readonly style?: Style } = {}): Screen => {
  const written: Array<string> = []
  const text = () => written.join("")
  return {
    terminal: options.terminal ?? false,
    style: Effect.succeed(options.style ?? plain),
    write: (piece) =>
      Effect.sync(() => {
        written.push(typeof piece === "string" ? piece : Buffer.from(piece).toString("latin1"))
      }),
    text,
    lines: () => text().split("\n").slice(0, -1),
  }
}
