import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { plain, type Style, wantsColour } from "./style.ts"

/** One of the two ways out of a process. */
export interface Channel {
  /** Whether a person looks at it: lines may then be redrawn in place. */
  readonly terminal: boolean
  /** How text should look there now: the width changes with the window. */
  readonly style: Effect.Effect<Style>
  /** Writes and waits until it has gone out. Interrupts where the reader has left. */
  readonly write: (text: string | Uint8Array) => Effect.Effect<void>
}

/** Where results (`out`) and what accompanies them (`err`: progress, warnings, failures) go. */
export class Output extends Context.Service<Output, { readonly out: Channel; readonly err: Channel }>()(
  "rankshift/Output",
) {}

/** Writes lines, each ended by a line break. */
export const lines = (channel: Channel, all: ReadonlyArray<string>): Effect.Effect<void> =>
  all.length === 0 ? Effect.void : channel.write(`${all.join("\n")}\n`)

const channel = Effect.fnUntraced(function* (stream: NodeJS.WriteStream) {
  // A pipe whose reader has gone says so by this event too; unheard, it would end the process.
  const ignore = () => {}
  yield* Effect.acquireRelease(
    Effect.sync(() => stream.on("error", ignore)),
    () => Effect.sync(() => stream.off("error", ignore)),
  )
  const terminal = stream.isTTY === true
  const colour = wantsColour(process.env, terminal)
  return {
    terminal: terminal && process.env["TERM"] !== "dumb",
    style: Effect.sync((): Style =>
      terminal ? { colour, columns: stream.columns, rows: stream.rows } : { ...plain, colour },
    ),
    write: (text: string | Uint8Array) =>
      Effect.callback<void>((resume) => {
        stream.write(text, (error) => resume(error ? Effect.interrupt : Effect.void))
      }),
  } satisfies Channel
})

/** The process's own standard output and error. */
export const layer: Layer.Layer<Output> = Layer.effect(
  Output,
  Effect.gen(function* () {
    return Output.of({ out: yield* channel(process.stdout), err: yield* channel(process.stderr) })
  }),
)
