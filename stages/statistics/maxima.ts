/** How far differences of accuracies stray in a resample, in units of their errors: what max-t quantiles are taken of. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"

/**
 * Gives, for deviations `[rows, models]` of accuracies from what was observed,
 * `[rows, models]`: for each model the largest |eⱼ - eₖ| / errorⱼₖ over all others.
 */
export type Maxima = (rows: number, deviations: Float32Array) => Effect.Effect<Float32Array, StageError>

// Differences in a run: 16 MB each.
const portion = 2 ** 22

/** Maxima for any errors `[models, models]` of differences. Pairs without an error are left out. */
export const pairMaxima = Effect.fnUntraced(function* (
  models: number,
  errors: Float64Array,
): Effect.fn.Return<Maxima, StageError, Cores | Scope.Scope> {
  const g = Graph.make("maxima")
  const deviations = g.input("deviations", "float32", ["rows", models])
  const inverse = g.input("inverse", "float32", [models, models])
  const axis = (at: number) => g.constant(Tensor.int64([1], [at]))
  const differences = g.op("Sub", [g.op("Unsqueeze", [deviations, axis(2)]), g.op("Unsqueeze", [deviations, axis(1)])])
  const scaled = g.op("Mul", [g.op("Abs", [differences]), inverse])
  g.output("maxima", g.op("ReduceMax", [scaled, axis(2)], { keepdims: 0 }), "float32", ["rows", models])
  const step = Math.max(1, Math.floor(portion / (models * models)))
  const engine = yield* open(yield* g.bytes, {
    failure: "differences cannot be compared",
    work: step * models * models,
  })
  const inverses = Float32Array.from(errors, (error) => (error > 0 ? 1 / error : 0))
  yield* engine.hold({ inverse: Tensor.float32([models, models], inverses) })
  return Effect.fnUntraced(function* (rows, all) {
    const maxima = new Float32Array(rows * models)
    for (let start = 0; start < rows; start += step) {
      const end = Math.min(start + step, rows)
      const some = Tensor.float32([end - start, models], all.slice(start * models, end * models))
      const found = yield* engine.run({ deviations: some }, { maxima: "float32" })
      maxima.set(found.maxima.data, start * models)
    }
    return maxima
  })
})

/**
 * Maxima where errors are independent, so that errorⱼₖ² = vⱼ + vₖ: the same
 * numbers as of `pairMaxima`, in time that grows with the number of models, not
 * of pairs. Of the models above j none counts but those that stray further than
 * all of smaller or equal variance: another such model has both the larger
 * difference to j and the smaller error. Of a thousand models about ten are
 * left, found in one pass in the order of variances; below j likewise.
 */
export const independentMaxima = (variances: Float64Array): Maxima => {
  const models = variances.length
  const order = Uint32Array.from(variances.keys()).sort((a, b) => (variances[a] ?? 0) - (variances[b] ?? 0))
  /** Deviations, turned so that up is positive, and variances of those that are left, both growing. */
  const strays = new Float64Array(models)
  const spreads = new Float64Array(models)
  /** Raises `squares` to those of the differences to models that stray up (`sign` 1) or down (-1). */
  const raise = (deviations: Float32Array, from: number, sign: number, squares: Float64Array) => {
    let count = 0
    let most = Number.NEGATIVE_INFINITY
    for (let i = 0; i < models; i++) {
      const model = order[i] ?? 0
      const stray = sign * (deviations[from + model] ?? 0)
      if (stray <= most) continue
      most = stray
      strays[count] = stray
      spreads[count] = variances[model] ?? 0
      count++
    }
    const smallest = spreads[0] ?? 0
    for (let model = 0; model < models; model++) {
      const stray = sign * (deviations[from + model] ?? 0)
      const variance = variances[model] ?? 0
      const atLeast = variance + smallest
      let best = squares[model] ?? 0
      for (let i = count - 1; i >= 0; i--) {
        const difference = (strays[i] ?? 0) - stray
        const square = difference * difference
        // Those that follow are nearer, and none has a smaller error than this.
        if (difference <= 0 || square <= best * atLeast) break
        const ratio = square / (variance + (spreads[i] ?? 0))
        if (ratio > best) best = ratio
      }
      squares[model] = best
    }
  }
  return (rows, deviations) =>
    Effect.sync(() => {
      const maxima = new Float32Array(rows * models)
      const squares = new Float64Array(models)
      for (let row = 0; row < rows; row++) {
        squares.fill(0)
        raise(deviations, row * models, 1, squares)
        raise(deviations, row * models, -1, squares)
        for (let model = 0; model < models; model++) maxima[row * models + model] = Math.sqrt(squares[model] ?? 0)
      }
      return maxima
    })
}
