import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { lines, Output } from "../report/Output.ts"
import { latex } from "../report/latex.ts"
import { markdown } from "../report/markdown.ts"
import { csv, json } from "../report/rows.ts"
import type { Found } from "../run/Inspect.ts"
import { UsageError } from "./ExitError.ts"
import { node, withEngine } from "./options.ts"

const flags = {
  node,
  format: Flag.Literals("format", ["table", "json", "csv", "arrow", "latex", "markdown"] as const).pipe(
    Flag.withDescription("table shows the head; the others give all rows, latex and markdown as tables for a paper"),
    Flag.withDefault("table" as const),
  ),
  rows: Flag.Int("rows").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("How many rows, from the first on"),
    Flag.filter(
      (rows) => rows >= 0,
      () => "Expected a number from 0 on",
    ),
    Flag.optional,
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write to a file, not to standard output"),
    Flag.optional,
  ),
}

const unwritable = (error: { readonly message: string }) =>
  new UsageError({ message: `cannot write: ${error.message}` })

const asArrow = Effect.fnUntraced(function* (found: Found, most: number | undefined, file: string | undefined) {
  const { out } = yield* Output
  if (file === undefined && out.terminal) {
    return yield* new UsageError({
      message: "an Arrow file is not for the eye",
      hint: "name a file with --output, or send standard output to a file or a pipe",
    })
  }
  const { batches } = yield* Effect.promise(() => import("./targets.ts"))
  const Ipc = yield* Effect.promise(() => import("../arrow/Ipc.ts"))
  const all = batches(found, most)
  if (file !== undefined) {
    return yield* Ipc.write(found.table, file, all).pipe(Effect.catchTag("IpcError", (error) => unwritable(error)))
  }
  const encoder = Ipc.encoder(found.table, "standard output", (chunks) =>
    Effect.forEach(chunks, out.write, { discard: true }),
  )
  yield* Stream.runForEach(all, encoder.append).pipe(
    Effect.andThen(encoder.finish),
    Effect.catchTag("IpcError", (error) => unwritable(error)),
  )
})

const writeTo = <E, R>(file: string | undefined, pieces: Stream.Stream<string, E, R>) =>
  Effect.gen(function* () {
    const { out } = yield* Output
    if (file === undefined) return yield* Stream.runForEachArray(pieces, (some) => out.write(some.join("")))
    const fs = yield* FileSystem.FileSystem
    const handle = yield* Effect.mapError(fs.open(file, { flag: "w" }), unwritable)
    const encoder = new TextEncoder()
    yield* Stream.runForEachArray(pieces, (some) =>
      Effect.mapError(handle.writeAll(encoder.encode(some.join(""))), unwritable),
    )
  }).pipe(Effect.scoped)

/** `show NODE`: what a node has computed. */
export const show = (pipeline: Pipeline) =>
  Command.make(
    "show",
    flags,
    Effect.fn("show")(function* ({ format, node, output, rows: wanted }) {
      const { err, out } = yield* Output
      const { find } = yield* Effect.promise(() => import("../run/Inspect.ts"))
      const { rendered, rows, sheets } = yield* Effect.promise(() => import("./targets.ts"))
      const [most, file] = [Option.getOrUndefined(wanted), Option.getOrUndefined(output)]
      yield* Effect.gen(function* () {
        const found = yield* find(pipeline, node)
        if (!found.fresh) yield* lines(err, [`${found.name} is not fresh: this is what the last run gave`])
        switch (format) {
          case "arrow":
            return yield* asArrow(found, most, file)
          case "table": {
            const text = yield* rendered(found, most, yield* out.style)
            return yield* writeTo(file, Stream.succeed(`${text.join("\n")}\n`))
          }
          case "json":
            return yield* writeTo(file, json(found.table, rows(found, most)))
          case "csv":
            return yield* writeTo(file, csv(found.table, rows(found, most)))
          case "latex":
          case "markdown": {
            const write = format === "latex" ? latex : markdown
            const text = write(yield* sheets(found, most))
            return yield* writeTo(file, Stream.succeed(`${text.join("\n")}\n`))
          }
        }
      }).pipe(withEngine(pipeline))
    }),
  ).pipe(
    Command.withDescription("Show what a node has computed, as a table or in a format for other programs"),
    Command.withExamples([
      { command: "pipeline show table", description: "The target called table" },
      {
        command: "pipeline show table --format latex",
        description: "Scores, ranks and aggregates as tables for a paper",
      },
      {
        command: "pipeline show 'extract(hog, sketch)' --format arrow --output hog.arrow",
        description: "Features for another program",
      },
    ]),
  )
