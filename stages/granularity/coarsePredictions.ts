import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { rows } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Classes, Predictions } from "../tables.ts"
import { Depth, groupOf, groups } from "./groups.ts"
import { Taxonomy } from "./tables.ts"

/**
 * Predictions at a coarser level of a taxonomy, without fitting again (Figure 5
 * of Cole et al. 2022): each class becomes the one above it at `depth`; of
 * several that become one, the best stays, with its score. So the first is the
 * class above the first; `rank` is 0, as the labels are others.
 *
 * Fewer classes are left than were kept: for `top5` of a coarse level, predict
 * with a larger `top`.
 *
 * @example
 * score({ predictions: coarsePredictions({ predictions, taxonomy, classes }, { depth: 4 }), labels: families }, …)
 */
export const coarsePredictions = rows("coarsePredictions", {
  module: import.meta,
  params: Schema.Struct({ depth: Depth }),
  inputs: { predictions: Predictions, taxonomy: Taxonomy, classes: Classes },
  output: Predictions,
  over: "predictions",
  open: Effect.fnUntraced(function* (inputs, { depth }) {
    const coarse = yield* groups(inputs, depth)
    return Effect.fnUntraced(function* ({ id, score, top }) {
      const tops: Array<Int32Array> = []
      const scores: Array<Float32Array> = []
      for (const [row, image] of id.entries()) {
        const best = new Map<number, number>()
        for (const [place, label] of (top[row] ?? []).entries()) {
          const group = groupOf(coarse, label, image)
          if (group instanceof StageError) return yield* group
          if (!best.has(group)) best.set(group, score[row]?.[place] ?? Number.NaN)
        }
        tops.push(Int32Array.from(best.keys()))
        scores.push(Float32Array.from(best.values()))
      }
      return { id, top: tops, score: scores, rank: new Int32Array(id.length) }
    })
  }),
})
