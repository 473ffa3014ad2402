/** Accuracies of which only the numbers are known: no image by image outcomes, no pairing. */
import * as Effect from "effect/Effect"
import type { Reader } from "../../src/dsl/Stage.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import type { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"

/** What models score on a set: one value a model in every list. */
export interface PublishedSet {
  readonly set: string
  readonly models: ReadonlyArray<string>
  /** 0..1 */
  readonly accuracies: Float64Array
  readonly images: Uint32Array
}

/** Reads scores set by set. Errors as of `Grid.read`: every model needs one score on every set. */
export const published = Effect.fnUntraced(function* (
  scores: ReadonlyArray<Reader<typeof Scores>>,
  which: Pick<Grid.Which, "sets" | "metric" | "metrics">,
): Effect.fn.Return<ReadonlyArray<PublishedSet>, StageError> {
  const { models, others, reference } = yield* Grid.read(scores, which)
  return [reference, ...others].map(({ images, set, values }) => ({
    set,
    models,
    accuracies: Float64Array.from(values),
    images: Uint32Array.from(images),
  }))
})
