import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { join, resolve } from "node:path"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { bytes } from "../report/format.ts"
import { lines, Output } from "../report/Output.ts"
import { due } from "../report/state.ts"
import { UsageError } from "./ExitError.ts"
import { withEngine } from "./options.ts"
import { version } from "./version.ts"

const flags = {
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("DIR"),
    Flag.withDescription("Folder to write index.html to (default: report beside the pipeline file)"),
    Flag.optional,
  ),
  open: Flag.Boolean("open").pipe(Flag.withDescription("Open the report in a browser"), Flag.withDefault(false)),
}

/** Writes under another name first: a report is there whole or not at all. */
const write = Effect.fnUntraced(function* (folder: string, content: string) {
  const fs = yield* FileSystem.FileSystem
  const file = join(folder, "index.html")
  const draft = `${file}.${process.pid}.tmp`
  yield* fs.makeDirectory(folder, { recursive: true }).pipe(
    Effect.andThen(fs.writeFileString(draft, content)),
    Effect.andThen(fs.rename(draft, file)),
    Effect.onError(() => Effect.ignore(fs.remove(draft))),
    Effect.mapError(
      (error) =>
        new UsageError({
          message: `cannot write ${file}: ${error.message}`,
          hint: "name a file in a folder that you may write to",
        }),
    ),
  )
  return file
})

/** `report`: a page with everything that was computed, as tables and figures. */
export const report = (pipeline: Pipeline) =>
  Command.make(
    "report",
    flags,
    Effect.fn("report")(function* ({ open, output }) {
      const { err, out } = yield* Output
      const { made, content } = yield* Effect.gen(function* () {
        const { compose } = yield* Effect.promise(() => import("../report/html/compose.ts"))
        const { picture } = yield* Effect.promise(() => import("./picture.ts"))
        return yield* compose(pipeline, version, yield* picture(pipeline))
      }).pipe(withEngine(pipeline))
      const file = yield* write(resolve(Option.getOrElse(output, () => join(pipeline.directory, "report"))), content)
      const behind = due(made.plan).length
      if (behind > 0) {
        yield* lines(err, [
          `${behind} of ${made.plan.nodes.length} nodes are not fresh: \`pipeline run\`, then write the report again`,
        ])
      }
      yield* lines(out, [`${file}  ${bytes(Buffer.byteLength(content))}`])
      if (!open) return
      const opening = yield* Effect.promise(() => import("./open.ts"))
      const obstacle = yield* opening.open(file)
      if (obstacle !== undefined) yield* lines(err, [`not opened: ${obstacle}`])
    }),
  ).pipe(
    Command.withDescription("Write what was computed as a page of tables and figures, in one file"),
    Command.withExamples([
      { command: "pipeline report --open", description: "Write report/index.html and open it" },
      { command: "pipeline report -o results", description: "Write results/index.html" },
    ]),
  )
