// Reaches the engine and a server, so `run` imports it when a page is asked for.
import * as Effect from "effect/Effect"
import type { Pipeline } from "../dsl/Pipeline.ts"
import type { Choice } from "../plan/Plan.ts"
import type { Follower } from "../report/Follower.ts"
import { lines, Output } from "../report/Output.ts"
import * as Hub from "../report/ui/Hub.ts"
import { runHtml } from "../report/ui/runHtml.ts"
import { serve } from "../report/ui/serve.ts"
import { UsageError } from "./ExitError.ts"
import { picture } from "./picture.ts"

/**
 * Serves a page on which a run can be watched, for as long as the scope is open,
 * and prints its address to standard error. What it gives has to hear the run's events.
 */
export const watched = Effect.fnUntraced(function* (pipeline: Pipeline, choice: Choice, port: number) {
  const { err } = yield* Output
  const found = yield* picture(pipeline, choice)
  const hub = yield* Hub.make(found)
  const address = yield* serve(hub, yield* runHtml(found), port).pipe(
    Effect.mapError(({ message }) => new UsageError({ message, hint: "choose another with --ui-port, or none" })),
  )
  yield* lines(err, [`watch the run at ${address}`])
  const follower: Follower = hub.follower
  return follower
})
