import * as Effect from "effect/Effect"
import { Progress } from "../../../src/dsl/Services.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { random } from "../../random.ts"
import { opened, tensorOf } from "./moments.ts"
import type { Patches } from "./patches.ts"

interface Options {
  readonly clusters: number
  readonly iterations: number
  readonly seed: number
}

/**
 * One step of Lloyd's algorithm (1982): each row goes to its nearest centroid,
 * each centroid to the mean of its rows. One without rows stays where it is.
 */
const step = ({ count, width }: Patches, clusters: number): Graph.Graph => {
  const g = Graph.make("lloyd")
  const rows = g.input("rows", "float32", [count, width])
  const centroids = g.input("centroids", "float32", [clusters, width])
  const number = (value: number) => g.constant(Tensor.float32([], [value]))
  const axis = (i: number) => g.constant(Tensor.int64([1], [i]))

  // Squared distance less the row's own square, which decides nothing.
  const lengths = g.op("ReduceSumSquare", [centroids, axis(1)], { keepdims: 0 })
  const near = g.op("Gemm", [rows, centroids, lengths], { alpha: Graph.float(-2), beta: Graph.float(1), transB: 1 })
  const nearest = g.op("ArgMin", [near], { axis: 1, keepdims: 0 })
  const distance = g.op("Add", [
    g.op("ReduceMin", [near, axis(1)], { keepdims: 0 }),
    g.op("ReduceSumSquare", [rows, axis(1)], { keepdims: 0 }),
  ])

  const ends = g.constant(Tensor.float32([2], [0, 1]))
  const members = g.op("OneHot", [nearest, g.constant(Tensor.int64([1], [clusters])), ends], { axis: 1 })
  const sizes = g.op("Transpose", [g.op("ReduceSum", [members, axis(0)], { keepdims: 1 })])
  const sums = g.op("Gemm", [members, rows], { transA: 1 })
  const means = g.op("Div", [sums, g.op("Max", [sizes, number(1)])])
  g.output("moved", g.op("Where", [g.op("Greater", [sizes, number(0)]), means, centroids]), "float32", [
    clusters,
    width,
  ])
  g.output("inertia", g.op("ReduceMean", [distance], { keepdims: 0 }), "float32", [])
  return g
}

/**
 * k-means: the centroids `[clusters, width]`, and by iteration the mean squared
 * distance of a row to its centroid before the step. Starts at rows drawn by
 * the seed.
 */
export const kmeans = Effect.fnUntraced(function* (rows: Patches, { clusters, iterations, seed }: Options) {
  const progress = yield* Progress
  const { below } = random(`kmeans/${seed}`)
  const start = new Float32Array(clusters * rows.width)
  for (let cluster = 0; cluster < clusters; cluster++) {
    const row = below(rows.count)
    start.set(rows.data.subarray(row * rows.width, (row + 1) * rows.width), cluster * rows.width)
  }
  const run = yield* opened(step(rows, clusters), { rows: tensorOf(rows) })
  const inertia: Array<number> = []
  let centroids = Tensor.float32([clusters, rows.width], start)
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const result = yield* run({ centroids }, { moved: "float32", inertia: "float32" })
    centroids = result.moved
    inertia.push(result.inertia.data[0] ?? Number.NaN)
    yield* progress.report(iteration, iterations, "iterations")
  }
  return { centroids: centroids.data, inertia }
}, Effect.scoped)
