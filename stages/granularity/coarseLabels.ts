import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Classes, Labels } from "../tables.ts"
import { Depth, groupOf, groups } from "./groups.ts"
import { Taxonomy } from "./tables.ts"

/**
 * Labels at a coarser level of a taxonomy: each class becomes the one above it at
 * `depth`. Classes are found in the taxonomy by name. Use it with
 * `coarsePredictions` of the same depth.
 *
 * @example
 * const families = coarseLabels({ labels, taxonomy, classes }, { depth: 4 })
 */
export const coarseLabels = whole("coarseLabels", {
  module: import.meta,
  params: Schema.Struct({ depth: Depth }),
  inputs: { labels: Labels, taxonomy: Taxonomy, classes: Classes },
  output: Labels,
  run: Effect.fnUntraced(function* ({ labels, ...inputs }, { depth }: { readonly depth: number }) {
    const coarse = yield* groups(inputs, depth)
    return Stream.mapEffect(
      labels.batches,
      Effect.fnUntraced(function* ({ id, labels }) {
        const made: Array<Int32Array> = []
        for (const [row, image] of id.entries()) {
          const own = new Set<number>()
          for (const label of labels[row] ?? []) {
            const group = groupOf(coarse, label, image)
            if (group instanceof StageError) return yield* group
            own.add(group)
          }
          made.push(Int32Array.from(own))
        }
        return { id, labels: made }
      }),
    )
  }),
})
