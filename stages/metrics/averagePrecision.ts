import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Labels, Predictions, Scores } from "../tables.ts"
import { complete } from "./complete.ts"
import { naming } from "./params.ts"
import { type Scored, scoreRows } from "./scoreRows.ts"

const Params = Schema.Struct(naming)
type Params = typeof Params.Type

/** Numbers that are in memory at once: 128 MB. More classes than fit are read in several passes. */
const most = 2 ** 25

/**
 * Σ(Rₙ - Rₙ₋₁)Pₙ over the thresholds n, from the highest score down: precision
 * and recall of what reaches the threshold. Equal scores are one threshold.
 */
export const apOf = (scores: Float32Array, positive: Uint8Array): number => {
  const all = scores.toSorted()
  const hits = scores.filter((_, row) => positive[row] === 1).sort()
  let [above, sum] = [all.length, 0]
  // Thresholds at which no positive is found change no recall: those of the positives are enough.
  for (let end = hits.length; end > 0;) {
    const threshold = hits[end - 1] ?? 0
    let start = end
    while (start > 0 && hits[start - 1] === threshold) start--
    while (above > 0 && (all[above - 1] ?? 0) >= threshold) above--
    sum += ((end - start) / hits.length) * ((hits.length - start) / (all.length - above))
    end = start
  }
  return sum
}

/**
 * Mean average precision (`map`), for sets with several labels an image: the
 * macro mean over classes of AP = Σ(Rₙ - Rₙ₋₁)Pₙ, images ranked by the class's
 * score, as in Cole et al. 2022 and scikit-learn's `average_precision_score`;
 * and the AP of each class with images, in rows of its own.
 *
 * A class without images has no AP and is left out; scikit-learn counts it as 0,
 * with a warning. Images without a label are left out, as in `score`. The
 * predictions must keep all classes: predict with `top` that large.
 *
 * @example
 * averagePrecision({ predictions: predict({ probe, features }, { top: 16 }), labels }, { model: "dino", set: "glc20" })
 */
export const averagePrecision = whole("averagePrecision", {
  module: import.meta,
  params: Params,
  inputs: { predictions: Predictions, labels: Labels },
  output: Scores,
  run: Effect.fnUntraced(function* (inputs, params: Params) {
    const { classes, images, skipped, unlabelled, walk } = yield* complete(inputs)
    const step = Math.max(1, Math.floor(most / images))
    const own: Array<Scored> = []
    for (let start = 0; start < classes.length; start += step) {
      const part = classes.slice(start, start + step)
      const place = new Map(part.map((label, at) => [label, at]))
      const scores = part.map(() => new Float32Array(images))
      const positive = part.map(() => new Uint8Array(images))
      let row = 0
      yield* walk(({ labels, score, top }) => {
        for (const [at, label] of top.entries()) {
          const column = scores[place.get(label) ?? -1]
          if (column !== undefined) column[row] = score[at] ?? 0
        }
        for (const label of labels) {
          const column = positive[place.get(label) ?? -1]
          if (column !== undefined) column[row] = 1
        }
        row++
      })
      for (const [at, label] of part.entries()) {
        const [column, is] = [scores[at], positive[at]]
        if (column === undefined || is === undefined || !is.includes(1)) continue
        const count = is.reduce((total, one) => total + one, 0)
        own.push({ metric: "map", class: label, value: apOf(column, is), images: count, skipped: 0, unlabelled: 0 })
      }
    }
    const mean = own.reduce((total, { value }) => total + value, 0) / own.length
    return scoreRows(params, [{ metric: "map", class: -1, value: mean, images, skipped, unlabelled }, ...own])
  }),
  label: ({ model, set }) => `${model}, ${set}`,
})
