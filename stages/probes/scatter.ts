import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Normaliser } from "./normalise.ts"
import { featuresInput, open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"

// ONNX's numbers of element types.
const double = 11
// How many numbers of features are in one run.
const portion = 2 ** 22

/** Sums over all rows that least squares needs, of normalised features x, in float64. */
export interface Scatter {
  /** Mean of each feature: `[width]`. */
  readonly mean: Float64Array
  /** Sum of (x - mean)(x - mean)': `[width, width]`, symmetric. */
  readonly scatter: Float64Array
  /** Sum of x - mean over the rows of each class: `[classes, width]`. */
  readonly cross: Float64Array
  /** Rows of each class: `[classes]`. */
  readonly counts: Float64Array
}

const add = (to: Float64Array, part: Float64Array) => {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + (part[i] ?? 0)
}

const sumsGraph = (problem: Problem, normaliser: Normaliser, origin: Float64Array) => {
  const { classes, width } = problem
  const g = Graph.make("scatter")
  const x32 = normaliser(g, featuresInput(g, problem))
  // Far from 0 the products would hide small deviations: they are taken around a first row.
  const x = g.op("Sub", [
    g.op("Cast", [x32], { to: double }),
    g.constant({ type: "float64", dims: [1, width], data: origin }),
  ])
  const labels = g.input("labels", "int64", ["rows"])
  const ends = g.constant(Tensor.float32([2], [0, 1]))
  const hot = g.op("Cast", [g.op("OneHot", [labels, g.constant(Tensor.int64([], [classes])), ends])], { to: double })
  g.output("scatter", g.op("Gemm", [x, x], { transA: 1 }), "float64", [width, width])
  g.output("cross", g.op("Gemm", [hot, x], { transA: 1 }), "float64", [classes, width])
  return g.bytes
}

/** The first row, normalised. */
const firstRow = Effect.fnUntraced(function* (problem: Problem, normaliser: Normaliser) {
  const g = Graph.make("first")
  const x = normaliser(g, g.input("features", "float32", [1, problem.width]))
  g.output("x", g.op("Cast", [x], { to: double }), "float64", [1, problem.width])
  const engine = yield* open(yield* g.bytes, { failure: "the features cannot be read", work: 0 })
  const row = yield* problem.features.copy(Int32Array.of(0))
  return (yield* engine.run({ features: Tensor.float32([1, problem.width], row) }, { x: "float64" })).x.data
}, Effect.scoped)

/** One pass over the features, block by block. */
export const scatter = Effect.fnUntraced(function* (problem: Problem, normaliser: Normaliser) {
  const { classes, features, rows, width } = problem
  const labels = BigInt64Array.from(problem.labels, BigInt)
  const origin = yield* firstRow(problem, normaliser)
  const size = Math.max(1, Math.min(rows, Math.max(Math.floor(portion / width), width)))
  const engine = yield* open(yield* sumsGraph(problem, normaliser, origin), {
    failure: "the features' products cannot be summed",
    work: size * width * (width + classes),
  })
  const products = new Float64Array(width * width)
  const cross = new Float64Array(classes * width)
  yield* Stream.runForEach(features.blocks(size), ({ block, start }) => {
    const end = start + (block.dims[0] ?? 0)
    const fed = { features: block, labels: Tensor.int64([end - start], labels.slice(start, end)) }
    return Effect.map(engine.run(fed, { scatter: "float64", cross: "float64" }), (part) => {
      add(products, part.scatter.data)
      add(cross, part.cross.data)
    })
  })
  const counts = new Float64Array(classes)
  for (const label of problem.labels) counts[label] = (counts[label] ?? 0) + 1
  const offset = new Float64Array(width)
  for (let c = 0; c < classes; c++) add(offset, cross.subarray(c * width, (c + 1) * width))
  for (let i = 0; i < width; i++) offset[i] = (offset[i] ?? 0) / rows
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      products[i * width + j] = (products[i * width + j] ?? 0) - rows * (offset[i] ?? 0) * (offset[j] ?? 0)
    }
  }
  for (let c = 0; c < classes; c++) {
    for (let i = 0; i < width; i++) {
      cross[c * width + i] = (cross[c * width + i] ?? 0) - (counts[c] ?? 0) * (offset[i] ?? 0)
    }
  }
  const made: Scatter = { mean: origin.map((x, i) => x + (offset[i] ?? 0)), scatter: products, cross, counts }
  return made
}, Effect.scoped)
