import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { DagNode } from "../dsl/Dag.ts"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { selectOne } from "../dsl/select.ts"
import { lines, Output } from "../report/Output.ts"
import * as Provenance from "../report/provenance.ts"
import { node, withEngine } from "./options.ts"

/** `log NODE`: what its artifacts were made from, where and when. */
export const log = (pipeline: Pipeline) =>
  Command.make(
    "log",
    { node },
    Effect.fn("log")(function* ({ node }) {
      const { out } = yield* Output
      const { inspector } = yield* Effect.promise(() => import("../run/Inspect.ts"))
      const { encoders } = yield* Effect.promise(() => import("../report/encoders.ts"))
      const style = yield* out.style
      const found = Effect.gen(function* () {
        const { found, resolver } = yield* inspector(pipeline)
        const one = yield* selectOne(resolver.dag, node)
        const { actions, name } = yield* found(one)
        const computed = (other: DagNode) => Effect.catchTag(found(other), "PipelineError", () => Effect.undefined)
        const below = yield* encoders(resolver.dag, one, computed)
        return [...Provenance.log(name, actions, style), ...Provenance.encoders(below, style)]
      })
      yield* lines(out, yield* withEngine(pipeline)(found))
    }),
  ).pipe(Command.withDescription("Say how a node's results came about: from what, where, when"))
