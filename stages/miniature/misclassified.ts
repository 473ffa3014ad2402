import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { Images, Labels, Predictions } from "../tables.ts"
import { wrong } from "./wrong.ts"

/**
 * The images that a reference model gets wrong, in their order: a data set
 * that is itself computed, as ImageNet-A (Hendrycks et al., 2021) was from the
 * errors of a ResNet-50. The reference should not be among the models compared:
 * its score here is 0 by construction.
 */
export const misclassified = whole("misclassified", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { images: Images, predictions: Predictions, labels: Labels },
  output: Images,
  run: Effect.fnUntraced(function* ({ images, labels, predictions }) {
    const found = yield* wrong({ predictions, labels })
    return images.batches.pipe(
      Stream.map((batch) => {
        const kept = batch.id.flatMap((id, i) => {
          const bytes = batch.bytes[i]
          return bytes !== undefined && found.has(id) ? [{ id, bytes }] : []
        })
        return { id: kept.map(({ id }) => id), bytes: kept.map(({ bytes }) => bytes) }
      }),
      Stream.filter(({ id }) => id.length > 0),
    )
  }),
})
