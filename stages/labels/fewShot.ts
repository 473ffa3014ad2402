import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { byClass, firstOfEach, keeping } from "./choose.ts"
import { Count, Seed } from "./params.ts"

const Params = Schema.Struct({
  /** Images of each class that keep their labels. */
  shots: Count,
  seed: Seed,
})
type Params = typeof Params.Type

/**
 * The same number of labelled images of every class: `shots` of each keep their
 * labels, the others have none. Order and nesting are those of `subset`; several
 * seeds give several draws. Marks et al. 2025 take 1% and 10% of the training
 * set, equal per class: 13 and 128 images a class of ImageNet.
 *
 * An image with several labels counts for each of its classes. Classes with
 * fewer images are an error that lists them; so are labels without any.
 *
 * @example
 * const draws = [0, 1, 2].map((seed) => fewShot(train.labels, { shots: 5, seed }))
 */
export const fewShot = whole("fewShot", {
  module: import.meta,
  params: Params,
  inputs: { labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* ({ labels }, { seed, shots }: Params) {
    const of = yield* byClass(labels)
    if (of.labelled === 0) return yield* new StageError({ message: "no image has a label" })
    const chosen = yield* firstOfEach(of, of.images.keys(), shots, seed)
    return keeping(labels, (id) => chosen.has(id))
  }),
})
