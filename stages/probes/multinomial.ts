import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Point } from "./lbfgs.ts"
import type { Linear } from "./linearModel.ts"
import type { Normaliser } from "./normalise.ts"
import { featuresInput, open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"

// ONNX's number of float64.
const double = 11
// How many numbers of features, or logits, are in one run.
const portion = 2 ** 22

/** In which numbers products are computed; sums over blocks of rows are float64 always. */
export type Precision = "float32" | "float64"

/** Sums over the rows of a block: of -log p(label), and of its gradient by weights and bias. */
const blockGraph = (problem: Problem, normaliser: Normaliser, type: Precision) => {
  const { classes, width } = problem
  const g = Graph.make("multinomial")
  const x32 = normaliser(g, featuresInput(g, problem))
  const x = type === "float64" ? g.op("Cast", [x32], { to: double }) : x32
  const labels = g.op("Unsqueeze", [g.input("labels", "int64", ["rows"]), g.constant(Tensor.int64([1], [1]))])
  const weights = g.input("weights", type, [classes, width])
  const bias = g.input("bias", type, [classes])
  const logs = g.op("LogSoftmax", [g.op("Gemm", [x, weights, bias], { transB: 1 })], { axis: 1 })
  const own = g.op("GatherElements", [logs, labels], { axis: 1 })
  const probabilities = g.op("Exp", [logs])
  const less = g.op("Expand", [
    g.constant(type === "float64" ? { type, dims: [], data: Float64Array.of(-1) } : Tensor.float32([], [-1])),
    g.op("Shape", [labels]),
  ])
  const errors = g.op("ScatterElements", [probabilities, labels, less], { axis: 1, reduction: "add" })
  g.output("loss", g.op("Neg", [g.op("ReduceSum", [own], { keepdims: 0 })]), type, [])
  g.output("steepness", g.op("Gemm", [errors, x], { transA: 1 }), type, [classes, width])
  const down = g.constant(Tensor.int64([1], [0]))
  g.output("squares", g.op("ReduceSumSquare", [probabilities, down], { keepdims: 0 }), type, [classes])
  g.output("errors", g.op("ReduceSum", [errors, down], { keepdims: 0 }), type, [classes])
  return g.bytes
}

const addTo = (to: Float64Array, part: Float32Array | Float64Array) => {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + (part[i] ?? 0)
}

/** A place of the search. */
export interface Place extends Point {
  /** The mean of p(1 - p) over all rows, p the probability of each class: `[classes]`. */
  readonly curvature: Float64Array
}

/**
 * Places of the search are weights, then the bias that they would have if
 * features were centred on `mean`: with it the bias hardly depends on the
 * weights, and the optimum is the same. This gives the plain bias.
 */
export const linearOf = (place: Float64Array, mean: Float64Array, classes: number): Linear => {
  const width = mean.length
  const weights = place.slice(0, classes * width)
  const bias = place.slice(classes * width)
  for (let c = 0; c < classes; c++) {
    let sum = 0
    for (let i = 0; i < width; i++) sum += (weights[c * width + i] ?? 0) * (mean[i] ?? 0)
    bias[c] = (bias[c] ?? 0) - sum
  }
  return { weights, bias }
}

/**
 * The mean of -log p(label) over all rows, plus `penalty / 2` times the squared
 * length of the weights (not the bias), and its gradient. With a penalty of
 * 1 / (C rows) that is scikit-learn's objective over C rows. Closed with the scope.
 */
export const openMultinomial = Effect.fnUntraced(function* (
  problem: Problem,
  normaliser: Normaliser,
  {
    mean,
    penalty,
    precision,
  }: { readonly mean: Float64Array; readonly penalty: number; readonly precision: Precision },
) {
  const { classes, features, rows, width } = problem
  const size = Math.max(1, Math.min(rows, Math.floor(portion / Math.max(width, classes))))
  const engine = yield* open(yield* blockGraph(problem, normaliser, precision), {
    failure: "the loss cannot be computed",
    work: size * width * classes,
  })
  const wanted = { loss: precision, steepness: precision, errors: precision, squares: precision }
  const counts = new Float64Array(classes)
  for (const label of problem.labels) counts[label] = (counts[label] ?? 0) + 1
  const labels = BigInt64Array.from(problem.labels, BigInt)
  const typed = (dims: ReadonlyArray<number>, data: Float64Array): Tensor.Tensor =>
    precision === "float64" ? { type: precision, dims, data } : Tensor.float32(dims, Float32Array.from(data))

  return Effect.fnUntraced(function* (place: Float64Array) {
    const plain = linearOf(place, mean, classes)
    yield* engine.hold({
      weights: typed([classes, width], plain.weights),
      bias: typed([classes], plain.bias),
    })
    const gradient = new Float64Array(place.length)
    const [byWeights, byBias] = [gradient.subarray(0, classes * width), gradient.subarray(classes * width)]
    const curvature = new Float64Array(classes)
    let loss = 0
    yield* Stream.runForEach(features.blocks(size), ({ block, start }) => {
      const count = block.dims[0] ?? 0
      const fed = { features: block, labels: Tensor.int64([count], labels.slice(start, start + count)) }
      return Effect.map(engine.run(fed, wanted), (part) => {
        loss += part.loss.data[0] ?? NaN
        addTo(byWeights, part.steepness.data)
        addTo(byBias, part.errors.data)
        addTo(curvature, part.squares.data)
      })
    })
    let squares = 0
    for (let c = 0; c < classes; c++) {
      const error = (byBias[c] ?? 0) / rows
      curvature[c] = error + ((counts[c] ?? 0) - (curvature[c] ?? 0)) / rows
      byBias[c] = error
      for (let i = 0; i < width; i++) {
        const at = c * width + i
        const weight = place[at] ?? 0
        squares += weight * weight
        byWeights[at] = (byWeights[at] ?? 0) / rows - error * (mean[i] ?? 0) + penalty * weight
      }
    }
    const point: Place = { x: place, value: loss / rows + (penalty / 2) * squares, gradient, curvature }
    return point
  })
})
