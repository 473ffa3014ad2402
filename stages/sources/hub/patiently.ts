import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Patience } from "./Patience.ts"
import { Trouble } from "./Trouble.ts"

/** So many new bytes are worth beginning to count the tries anew. */
const worthIt = 2 ** 20

/** The last try's trouble, and how many there were. */
const givenUp = (trouble: Trouble, tries: number, arrived: number): Trouble =>
  new Trouble({
    at: trouble.at,
    message: `${trouble.message}, ${tries} times in a row`,
    hint: arrived === 0 ? trouble.hint : `${trouble.hint}; what has arrived is kept, and a new run goes on from there`,
    passing: false,
  })

/**
 * Tries again, after ever longer pauses, as long as the trouble may pass: a
 * number of times without more having arrived than ever before, in bytes.
 */
export const patiently = Effect.fnUntraced(function* <A, R>(
  attempt: Effect.Effect<A, Trouble, R>,
  arrived: () => number = () => 0,
): Effect.fn.Return<A, Trouble, R> {
  const { pause, tries } = yield* Patience
  let failures = 0
  let furthest = 0
  for (;;) {
    const result = yield* Effect.result(attempt)
    if (Result.isSuccess(result)) return result.success
    const trouble = result.failure
    if (arrived() >= furthest + worthIt) failures = 0
    furthest = Math.max(furthest, arrived())
    failures += 1
    if (!trouble.passing) return yield* trouble
    if (failures >= tries) return yield* givenUp(trouble, failures, furthest)
    const own = Duration.times(Duration.fromInputUnsafe(pause), 2 ** (failures - 1))
    yield* Effect.sleep(Duration.max(own, Duration.seconds(trouble.wait ?? 0)))
  }
})
