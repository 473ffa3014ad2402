import * as Effect from "effect/Effect"
import { Progress } from "../../src/dsl/Services.ts"
import type { Drawing } from "./bootstrap.ts"

/** Tells how far the draws of the set in the place `at` of `sets` have come. */
export const told =
  <R>(draw: Drawing<R>, { at, resamples, sets }: Record<"at" | "resamples" | "sets", number>): Drawing<R | Progress> =>
  (take) =>
    Effect.flatMap(Progress, (progress) =>
      draw((some) =>
        Effect.andThen(
          take(some),
          progress.report(at * resamples + some.start + some.rows, sets * resamples, "resamples"),
        ),
      ),
    )
