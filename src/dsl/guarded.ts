import * as Effect from "effect/Effect"
import { StageError } from "./StageError.ts"

/** What a stage does unforeseen is its failure, not the run's end. */
export const guarded = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StageError, R> =>
  Effect.catchDefect(effect, (defect) =>
    Effect.fail(
      new StageError({
        message: `the stage broke: ${defect instanceof Error ? defect.message : String(defect)}`,
        hint: "this is a fault in the stage's code",
        cause: defect,
      }),
    ),
  )
