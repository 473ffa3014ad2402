import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { lines, Output } from "../report/Output.ts"
import * as Report from "../report/plan.ts"
import { withEngine } from "./options.ts"

/** `status`: a line a stage, how much of it is fresh and why the rest is not. */
export const status = (pipeline: Pipeline) =>
  Command.make(
    "status",
    {},
    Effect.fn("status")(function* () {
      const { out } = yield* Output
      const { plan } = yield* Effect.promise(() => import("../plan/Plan.ts"))
      const planned = yield* plan(pipeline).pipe(withEngine(pipeline))
      yield* lines(out, Report.status(planned, yield* out.style))
    }),
  ).pipe(Command.withDescription("Say for each stage what is fresh, what is not, and why"))
