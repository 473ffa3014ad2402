import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
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
      const { find } = yield* Effect.promise(() => import("../run/Inspect.ts"))
      const found = yield* find(pipeline, node).pipe(withEngine(pipeline))
      yield* lines(out, Provenance.log(found.name, found.actions, yield* out.style))
    }),
  ).pipe(Command.withDescription("Say how a node's results came about: from what, where, when"))
