import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels, Predictions, Scores } from "../tables.ts"
import { complete } from "./complete.ts"
import { naming } from "./params.ts"
import { scoreRows } from "./scoreRows.ts"

const Params = Schema.Struct({
  ...naming,
  /** Bins of equal width that confidences fall into. */
  bins: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(15))),
  /** What scores are: logits, of which softmax makes probabilities, or votes, which are divided by their sum. */
  scores: Schema.Literals(["logits", "votes"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed<"logits">("logits"))),
})
type Params = typeof Params.Type

/** Probabilities are no smaller than this in the logarithm, as scikit-learn's `log_loss` has them. */
const smallest = 2 ** -52

/** Probabilities of all classes, or undefined where votes are negative or none. */
const probabilities = (scores: Float32Array, are: Params["scores"]): Float64Array | undefined => {
  const values = Float64Array.from(scores)
  if (are === "votes") {
    const sum = values.reduce((total, value) => total + value, 0)
    return sum > 0 && values.every((value) => value >= 0) ? values.map((value) => value / sum) : undefined
  }
  const highest = values.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY)
  const powers = values.map((value) => Math.exp(value - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/**
 * How far probabilities can be trusted:
 *
 * - `ece`: expected calibration error (Guo et al. 2017), Σ |Bᵢ|/n · |acc(Bᵢ) -
 *   conf(Bᵢ)| over `bins` of equal width, each without its lower edge; the
 *   confidence is the probability of the best class, and 0..1 what it can be.
 * - `nll`: negative log-likelihood in nats, the mean of -ln p(label)
 *   (scikit-learn's `log_loss`). It is not in 0..1; of both, less is better.
 *
 * With several labels an image, the best class is right if it is one of them, and
 * p is the probability of all of them together. The predictions must keep all
 * classes: predict with `top` that large. Negative votes, or none, are an error.
 *
 * @example
 * calibration({ predictions: predict({ probe, features }, { top: 1000 }), labels }, { model: "dino", set: "v2" })
 */
export const calibration = whole("calibration", {
  module: import.meta,
  params: Params,
  inputs: { predictions: Predictions, labels: Labels },
  output: Scores,
  run: Effect.fnUntraced(function* (inputs, { bins, scores: are, ...params }: Params) {
    const { images, skipped, unlabelled, walk } = yield* complete(inputs)
    const gaps = new Float64Array(bins)
    let loss = 0
    let odd = 0
    yield* walk(({ labels, score, top }) => {
      const chances = probabilities(score, are)
      if (chances === undefined) {
        odd++
        return
      }
      const confidence = chances[0] ?? 0
      const bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))
      gaps[bin] = (gaps[bin] ?? 0) + (labels.includes(top[0] ?? -1) ? 1 : 0) - confidence
      const of = new Set(labels)
      const chance = chances.reduce((total, p, at) => total + (of.has(top[at] ?? -1) ? p : 0), 0)
      loss -= Math.log(Math.min(1, Math.max(smallest, chance)))
    })
    if (odd > 0) {
      return yield* new StageError({
        message: `of ${odd} images the votes are negative, or there are none`,
        hint: 'only scores of neighbours are votes: leave `scores` out for others, or give `scores: "logits"`',
      })
    }
    const ece = gaps.reduce((total, gap) => total + Math.abs(gap), 0) / images
    const all = { class: -1, images, skipped, unlabelled }
    return scoreRows(params, [
      { ...all, metric: "ece", value: ece },
      { ...all, metric: "nll", value: loss / images },
    ])
  }),
  label: ({ model, set }) => `${model}, ${set}`,
})
