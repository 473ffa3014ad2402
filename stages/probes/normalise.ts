import * as Effect from "effect/Effect"
import type { Graph, Value } from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { moments } from "./moments.ts"
import type { Problem } from "./Problem.ts"

/** What is done to features before a probe sees them. */
export type Normalise = "none" | "l2" | "standardise"

/** Puts a normalisation into a graph: from features `[rows, width]` to the same shape. */
export type Normaliser = (graph: Graph, features: Value) => Value

/** The shortest that a row counts as when it is divided by its length (as `torch.nn.functional.normalize`). */
export const shortest = 1e-12

/** The Euclidean lengths of rows `[rows, 1]`, {@link shortest} at least. */
export const lengths = (g: Graph, features: Value): Value => {
  const length = g.op("ReduceL2", [features, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
  return g.op("Max", [length, g.constant(Tensor.float32([], [shortest]))])
}

/** Divides each row by its length. */
export const l2: Normaliser = (g, features) => g.op("Div", [features, lengths(g, features)])

/** Each feature's mean and standard deviation, `[width]` both. */
export interface Moments {
  readonly mean: Float64Array
  readonly deviation: Float64Array
}

/** Subtracts means and divides by standard deviations; a feature that is constant but for rounding is only centred. */
export const standardiser = ({ deviation, mean }: Moments, width: number): Normaliser => {
  const constant = (i: number) => (deviation[i] ?? 0) <= 1e-6 * Math.abs(mean[i] ?? 0)
  const centre = Float32Array.from(mean)
  const divisor = Float32Array.from(deviation, (d, i) => (constant(i) ? 1 : d))
  return (g, features) => {
    const centred = g.op("Sub", [features, g.constant(Tensor.float32([width], centre))])
    return g.op("Div", [centred, g.constant(Tensor.float32([width], divisor))])
  }
}

/**
 * The normalisation, with the training set's statistics where it needs them.
 * `standardise` subtracts each feature's mean and divides by its standard
 * deviation (that of the population, as scikit-learn's StandardScaler); a
 * feature that is constant but for rounding is only centred. Batch norm is part
 * of the training, which has the batches: here it changes nothing.
 */
export const normaliser = Effect.fnUntraced(function* (kind: Normalise | "batch-norm", problem: Problem) {
  const none: Normaliser = (_, features) => features
  if (kind === "none" || kind === "batch-norm") return none
  if (kind === "l2") return l2
  return standardiser(yield* moments(problem), problem.width)
})
