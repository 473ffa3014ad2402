import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { causeJson } from "../plan/explanationJson.ts"
import { diff as render } from "../report/diff.ts"
import { lines, Output } from "../report/Output.ts"
import * as Layout from "../store/Layout.ts"
import { UsageError } from "./ExitError.ts"
import { cacheOf, withEngine } from "./options.ts"

const run = (name: string) =>
  Argument.String(name).pipe(
    Argument.withDescription("Id of a run, its beginning, a name given by `pin`, or last, last~1, last~2 …"),
  )

const flags = {
  before: run("BEFORE"),
  after: run("AFTER"),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print it as JSON"), Flag.withDefault(false)),
}

/** The run that a text means. */
const find = Effect.fnUntraced(function* (pipeline: Pipeline, layout: Layout.Layout, text: string) {
  const Pins = yield* Effect.promise(() => import("../store/Pins.ts"))
  const Runs = yield* Effect.promise(() => import("../store/Runs.ts"))
  const [, back] = /^last(?:~(\d+))?$/.exec(text) ?? []
  const isLast = /^last(?:~\d+)?$/.test(text)
  const own = Effect.map(Runs.make(layout).last(Number.POSITIVE_INFINITY), (all) =>
    all.filter(({ record }) => record.pipeline === pipeline.name),
  )
  const found = isLast ? (yield* own).slice(Number(back ?? 0), Number(back ?? 0) + 1) : yield* Pins.find(layout, text)
  const [only] = found
  if (only === undefined || found.length > 1) {
    return yield* new UsageError({
      message: only === undefined ? `there is no run ${text}` : `${text} means ${found.length} runs`,
      hint: "`pipeline pin` lists all",
    })
  }
  if (only.record.pipeline !== pipeline.name) {
    return yield* new UsageError({
      message: `${text} is a run of the pipeline ${only.record.pipeline}, and this is ${pipeline.name}`,
      hint: "`pipeline pin` lists the runs of this one",
    })
  }
  return only
})

/** `diff RUN RUN`: figures, ranks and times side by side, and why each changed. */
export const diff = (pipeline: Pipeline) =>
  Command.make(
    "diff",
    flags,
    Effect.fn("diff")(function* ({ after, before, json }) {
      const { out } = yield* Output
      const layout = Layout.make(yield* cacheOf(pipeline))
      const Version = yield* Effect.promise(() => import("../store/Version.ts"))
      yield* Version.check(layout)
      const then = yield* find(pipeline, layout, before)
      const now = yield* find(pipeline, layout, after)
      const Diff = yield* Effect.promise(() => import("../run/Diff.ts"))
      const found = yield* Diff.diff(pipeline, then.record, now.record).pipe(withEngine(pipeline))
      if (!json) return yield* lines(out, render(found, { before: then.id, after: now.id }, yield* out.style))
      const tables = found.tables.map(({ comparison, target, unknown }) => ({
        target,
        unknown: unknown ?? null,
        differences: comparison?.differences ?? [],
        added: comparison?.added ?? [],
        missing: comparison?.missing ?? [],
      }))
      const causes = found.causes.map(({ cause, nodes }) => ({ ...causeJson(cause), nodes }))
      yield* lines(out, [
        JSON.stringify({
          before: then.id,
          after: now.id,
          nodes: found.nodes,
          tables,
          causes,
          sources: found.sources,
          times: found.times,
        }),
      ])
    }),
  ).pipe(
    Command.withDescription("Compare two runs: figures, ranks and times, and why they differ"),
    Command.withExamples([{ command: "pipeline diff last~1 last", description: "What the last run changed" }]),
  )
