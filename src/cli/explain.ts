import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { explanation } from "../report/explanation.ts"
import { lines, Output } from "../report/Output.ts"
import { node, withEngine } from "./options.ts"

/** `explain NODE`: which part of its key changed, from what to what. */
export const explain = (pipeline: Pipeline) =>
  Command.make(
    "explain",
    { node },
    Effect.fn("explain")(function* ({ node }) {
      const { out } = yield* Output
      const Explain = yield* Effect.promise(() => import("../plan/Explain.ts"))
      const found = yield* Explain.explain(pipeline, node).pipe(withEngine(pipeline))
      yield* lines(out, explanation(found, yield* out.style))
    }),
  ).pipe(Command.withDescription("Say why a node is fresh or not: which part of its key changed, and how"))
