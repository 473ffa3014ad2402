import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { byClass, firstOf, keeping } from "./choose.ts"
import { Count, Seed } from "./params.ts"

const Params = Schema.Struct({
  /** How many images keep their labels. */
  images: Count,
  seed: Seed,
})
type Params = typeof Params.Type

/**
 * A subset of fixed size, drawn uniformly once, as in Cole et al. 2022: `images`
 * of the labelled images keep their labels, the others have none, so that
 * `fitProbe` leaves them out and `pick` drops them. All features stay the same:
 * another size extracts nothing again.
 *
 * The images are put in an order by a hash of the seed and the id, and the first
 * are taken. So the subsets of one seed are nested (50,000 of them are among the
 * 125,000), and an image that is added to the set takes at most one other's place.
 * Asking for more images than have a label is an error.
 *
 * @example
 * const few = subset(train.labels, { images: 50_000 })
 */
export const subset = whole("subset", {
  module: import.meta,
  params: Params,
  inputs: { labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* ({ labels }, { images, seed }: Params) {
    const { images: of, labelled } = yield* byClass(labels)
    if (labelled < images) {
      return yield* new StageError({
        message: `a subset of ${images} images is asked for, and only ${labelled} have a label`,
        hint: "ask for fewer `images`",
      })
    }
    const all = new Set([...of.values()].flat())
    const chosen = new Set(firstOf(all, images, seed))
    return keeping(labels, (id) => chosen.has(id))
  }),
})
