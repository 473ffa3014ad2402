/** Confidence sets of ranks (Mogstad, Romano, Shaikh and Wilhelm 2024). */
import * as Effect from "effect/Effect"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import { ranks } from "../ranks.ts"
import type { Drawing } from "./bootstrap.ts"
import { type Contingency, hitsOf, only } from "./contingency.ts"
import type { Maxima } from "./maxima.ts"
import type { PublishedSet } from "./published.ts"

/** Accuracies of the models of a set, and the standard errors of their differences. */
export interface Estimates {
  readonly set: string
  readonly models: ReadonlyArray<string>
  /** A value a model, 0..1. */
  readonly accuracies: Float64Array
  /** `[models, models]` */
  readonly errors: Float64Array
}

const squareOf = (models: number, value: (a: number, b: number) => number) => {
  const all = new Float64Array(models * models)
  for (let a = 0; a < models; a++) {
    for (let b = a + 1; b < models; b++) {
      const one = value(a, b)
      all[a * models + b] = one
      all[b * models + a] = one
    }
  }
  return all
}

/** Of models judged on the same images: n² Var = b + c - (b - c)²/n, b and c the images that only one gets right. */
export const paired = (counts: Contingency): Estimates => {
  const { images, models, set } = counts
  const error = (a: number, b: number) => {
    const [onlyA, onlyB] = only(counts, a, b)
    return Math.sqrt(Math.max(0, onlyA + onlyB - (onlyA - onlyB) ** 2 / images)) / images
  }
  const accuracies = Float64Array.from(hitsOf(counts), (hits) => hits / images)
  return { set, models, accuracies, errors: squareOf(models.length, error) }
}

/** The variance of each accuracy that stands alone: p(1 - p)/n. */
export const variances = ({ accuracies, images }: PublishedSet): Float64Array =>
  accuracies.map((accuracy, at) => (accuracy * (1 - accuracy)) / (images[at] ?? 1))

/** Of models whose accuracies are taken as independent: variances add. */
export const unpaired = (published: PublishedSet): Estimates => {
  const { accuracies, models, set } = published
  const each = variances(published)
  return {
    set,
    models,
    accuracies,
    errors: squareOf(models.length, (a, b) => Math.sqrt((each[a] ?? 0) + (each[b] ?? 0))),
  }
}

/** How many errors a difference must exceed to be sure. */
export interface Critical {
  /** For all pairs together. */
  readonly simultaneous: number
  /** For all pairs of one model, model by model. */
  readonly marginal: Float64Array
}

// Numbers that a run takes quantiles of.
const portion = 2 ** 22

/**
 * Of each row of `[rows, width]` the value that is exceeded with probability 1 - `level` by one more of the kind:
 * in order of size that in the place ⌈level (width + 1)⌉.
 */
const quantiles = Effect.fnUntraced(function* (
  values: Float32Array,
  width: number,
  level: number,
): Effect.fn.Return<Float64Array, StageError, Cores> {
  const rows = values.length / width
  const step = Math.max(1, Math.floor(portion / width))
  // As many values, the largest first, as it takes to come down to it.
  const down = width - Math.min(width, Math.max(1, Math.ceil(level * (width + 1)))) + 1
  const g = Graph.make("quantiles")
  const all = g.input("values", "float32", ["rows", width])
  const [largest] = g.ops("TopK", [all, g.constant(Tensor.int64([1], [down]))], { axis: 1 }, 2)
  const quantile = g.op("Gather", [largest, g.constant(Tensor.int64([], [down - 1]))], { axis: 1 })
  g.output("quantile", quantile, "float32", ["rows"])
  const found = new Float64Array(rows)
  const walk = Effect.gen(function* () {
    // A number costs some comparisons.
    const engine = yield* open(yield* g.bytes, {
      failure: "quantiles cannot be taken",
      work: 16 * Math.min(step, rows) * width,
    })
    for (let start = 0; start < rows; start += step) {
      const end = Math.min(start + step, rows)
      const some = Tensor.float32([end - start, width], values.slice(start * width, end * width))
      found.set((yield* engine.run({ values: some }, { quantile: "float32" })).quantile.data, start)
    }
  })
  yield* Effect.scoped(walk)
  return found
})

/**
 * Critical values from resamples: the quantile over them of max |d*ⱼₖ - dⱼₖ| / errorⱼₖ,
 * over all pairs, and over those of one model (Algorithm 3.1 of Mogstad et al.). `draw`
 * hands on all resamples of `[rows, models]`. Memory holds `[models, resamples]` float32.
 */
export const critical = Effect.fnUntraced(function* <R>(
  { accuracies, models }: Estimates,
  { level, resamples }: { readonly level: number; readonly resamples: number },
  maxima: Maxima,
  draw: Drawing<R>,
): Effect.fn.Return<Critical, StageError, R | Cores> {
  const count = models.length
  /** A row a model, and one for all together. */
  const found = new Float32Array((count + 1) * resamples)
  yield* draw(({ accuracies: drawn, rows, start }) =>
    Effect.gen(function* () {
      const deviations = new Float32Array(drawn.length)
      for (let at = 0; at < drawn.length;) {
        for (let model = 0; model < count; model++, at++) {
          deviations[at] = (drawn[at] ?? 0) - (accuracies[model] ?? 0)
        }
      }
      const most = yield* maxima(rows, deviations)
      for (let model = 0; model < count; model++) {
        for (let row = 0; row < rows; row++) {
          found[model * resamples + start + row] = most[row * count + model] ?? 0
        }
      }
      for (let row = 0; row < rows; row++) {
        let all = 0
        for (let model = 0; model < count; model++) all = Math.max(all, most[row * count + model] ?? 0)
        found[count * resamples + start + row] = all
      }
    }),
  )
  const limits = yield* quantiles(found, resamples, level)
  return { simultaneous: limits[count] ?? Number.NaN, marginal: limits.subarray(0, count) }
})

/** Rows of `RankSets`: [1 + #{k: surely better}, p - #{k: surely worse}] under both kinds of critical values. */
export const rankRows = (
  { accuracies, errors, models, set }: Estimates,
  { marginal, simultaneous }: Critical,
  level: number,
) => {
  const count = models.length
  const within = (model: number, most: number): readonly [low: number, high: number] => {
    let [low, high] = [1, count]
    for (let other = 0; other < count; other++) {
      const lead = (accuracies[model] ?? 0) - (accuracies[other] ?? 0)
      const sure = most * (errors[model * count + other] ?? 0)
      if (lead > sure) high--
      else if (-lead > sure) low++
    }
    return [low, high]
  }
  const together = models.map((_, model) => within(model, simultaneous))
  const alone = models.map((_, model) => within(model, marginal[model] ?? Number.NaN))
  return {
    set: models.map(() => set),
    model: models,
    rank: Int32Array.from(ranks([...accuracies])),
    low: Int32Array.from(together, ([low]) => low),
    high: Int32Array.from(together, ([, high]) => high),
    marginalLow: Int32Array.from(alone, ([low]) => low),
    marginalHigh: Int32Array.from(alone, ([, high]) => high),
    level: new Float64Array(count).fill(level),
  }
}
