import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { dirname, join, resolve } from "node:path"
import type { Pipeline } from "../dsl/Pipeline.ts"
import * as Graph from "../report/graph.ts"
import { lines, Output } from "../report/Output.ts"
import { plain } from "../report/style.ts"
import { UsageError } from "./ExitError.ts"
import { withEngine } from "./options.ts"

const texts = { tree: Graph.tree, dot: Graph.dot, mermaid: Graph.mermaid, json: Graph.json }

const flags = {
  format: Flag.Literals("format", ["tree", "dot", "mermaid", "json", "svg", "html"] as const).pipe(
    Flag.withDescription("How to draw it; svg and html fold nodes that are alike (default: tree, with --open html)"),
    Flag.optional,
  ),
  unfold: Flag.String("unfold").pipe(
    Flag.withMetavar("STAGE"),
    Flag.withDescription(
      "Show the nodes of a stage one by one in svg and html, * for all (may be given several times)",
    ),
    Flag.atLeast(0),
  ),
  open: Flag.Boolean("open").pipe(
    Flag.withDescription("Write a file, report/graph.html beside the pipeline where nothing is named, and open it"),
    Flag.withDefault(false),
  ),
  output: Flag.String("output").pipe(
    Flag.withAlias("o"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("Write to a file, not to standard output"),
    Flag.optional,
  ),
}

const write = Effect.fnUntraced(function* (file: string, content: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(dirname(file), { recursive: true }).pipe(
    Effect.andThen(fs.writeFileString(file, content)),
    Effect.mapError(
      (error) =>
        new UsageError({
          message: `cannot write ${file}: ${error.message}`,
          hint: "name a file in a folder that you may write to",
        }),
    ),
  )
})

const drawn = Effect.fnUntraced(function* (pipeline: Pipeline, format: "svg" | "html", unfold: ReadonlyArray<string>) {
  const { picture } = yield* Effect.promise(() => import("./picture.ts"))
  const found = yield* picture(pipeline)
  const stages = new Set(found.nodes.map(({ stage }) => stage))
  const unknown = unfold.find((stage) => stage !== "*" && !stages.has(stage))
  if (unknown !== undefined) {
    const hint = `the stages are ${[...stages].join(", ")}`
    return yield* new UsageError({ message: `there is no stage called ${unknown}`, hint })
  }
  const open = (box: (typeof found.boxes)[number]) =>
    unfold.includes("*") || box.nodes.some((at) => unfold.includes(found.nodes[at]?.stage ?? ""))
  if (format === "svg") return yield* (yield* Effect.promise(() => import("../report/graphSvg.ts"))).svg(found, open)
  return yield* (yield* Effect.promise(() => import("../report/graphHtml.ts"))).html(found, open)
})

/** `graph`: what stands on what, and which of it is fresh. */
export const graph = (pipeline: Pipeline) =>
  Command.make(
    "graph",
    flags,
    Effect.fn("graph")(function* ({ format: wanted, open, output, unfold }) {
      const { err, out } = yield* Output
      const format = Option.getOrElse(wanted, () => (open ? ("html" as const) : ("tree" as const)))
      const picture = format === "svg" || format === "html"
      if (!picture && (open || unfold.length > 0)) {
        return yield* new UsageError({
          message: `${open ? "--open" : "--unfold"} goes with a picture`,
          hint: "--format svg or --format html",
        })
      }
      const content = yield* Effect.gen(function* () {
        if (picture) return yield* drawn(pipeline, format, unfold)
        const { plan } = yield* Effect.promise(() => import("../plan/Plan.ts"))
        const planned = yield* plan(pipeline)
        return texts[format](planned, Option.isSome(output) ? plain : yield* out.style)
          .concat("")
          .join("\n")
      }).pipe(withEngine(pipeline))
      const beside = open ? join(pipeline.directory, "report", `graph.${format}`) : undefined
      const file = Option.getOrElse(output, () => beside)
      if (file === undefined) return yield* out.write(content)
      yield* write(resolve(file), content)
      yield* lines(out, [resolve(file)])
      if (!open) return
      const opening = yield* Effect.promise(() => import("./open.ts"))
      const obstacle = yield* opening.open(resolve(file))
      if (obstacle !== undefined) yield* lines(err, [`not opened: ${obstacle}`])
    }),
  ).pipe(
    Command.withDescription("Show the nodes and what each stands on, fresh or not"),
    Command.withExamples([
      { command: "pipeline graph --open", description: "As a page on which stages unfold" },
      { command: "pipeline graph --format svg --unfold extract -o graph.svg", description: "As a picture" },
    ]),
  )
