import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Pipeline } from "../dsl/Pipeline.ts"
import type { Explained } from "../plan/Explain.ts"
import * as Report from "../report/explanation.ts"
import { lines, Output } from "../report/Output.ts"
import { withEngine } from "./options.ts"

const flags = {
  node: Argument.String("NODE").pipe(
    Argument.withDescription(
      "Name of a node or a target, or a pattern with * that matches one (default: all that is stale)",
    ),
    Argument.optional,
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("Print it as JSON"), Flag.withDefault(false)),
}

/** The sources whose files have changed, among causes. */
const outside = (causes: ReadonlyArray<Explained>) =>
  causes.filter(({ changes }) => changes.some(({ part }) => part === "outside")).map(({ node }) => node)

/** `explain [NODE]`: which part of its key changed, from what to what, and where that began. */
export const explain = (pipeline: Pipeline) =>
  Command.make(
    "explain",
    flags,
    Effect.fn("explain")(function* ({ json, node }) {
      const { out } = yield* Output
      const style = yield* out.style
      const Explain = yield* Effect.promise(() => import("../plan/Explain.ts"))
      const { causeJson, explanationJson } = yield* Effect.promise(() => import("../plan/explanationJson.ts"))
      const { sourceChanges } = yield* Effect.promise(() => import("../run/sourceChanges.ts"))
      yield* Effect.gen(function* () {
        if (Option.isSome(node)) {
          const found = yield* Effect.scoped(Explain.explain(pipeline, node.value))
          const sources = yield* sourceChanges(pipeline, outside(found.causes))
          if (json) return yield* lines(out, [JSON.stringify({ ...explanationJson(found), sources })])
          return yield* lines(out, Report.explanation(found, style, sources))
        }
        const found = yield* Effect.scoped(Explain.overview(pipeline))
        const sources = yield* sourceChanges(pipeline, outside(found.shared.map(({ cause }) => cause)))
        if (!json) return yield* lines(out, Report.overview(found, style, sources))
        const causes = found.shared.map(({ cause, nodes }) => ({ ...causeJson(cause), nodes }))
        yield* lines(out, [JSON.stringify({ nodes: found.nodes, stale: found.stale, causes, sources })])
      }).pipe(withEngine(pipeline))
    }),
  ).pipe(
    Command.withDescription("Say why a node is fresh or not: which part of its key changed, how, and where that began"),
    Command.withExamples([
      { command: "pipeline explain 'score(hog, *sketch)'", description: "One node, and the chain up to the cause" },
      { command: "pipeline explain", description: "All causes of whatever is stale" },
    ]),
  )
