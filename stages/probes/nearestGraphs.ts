import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { moments } from "./moments.ts"
import { l2, type Moments, normaliser, type Normaliser, standardiser } from "./normalise.ts"
import { featuresInput } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import type { Search } from "./Search.ts"

/** What is done to either side before rows are compared. */
export interface Sides {
  readonly training: Normaliser
  readonly queries: Normaliser
}

/**
 * The normalisations of a search. Cosine compares rows of length 1. For
 * distances the training mean is taken off both sides, which changes none of
 * them and saves float32's digits for what differs.
 */
export const sides = Effect.fnUntraced(function* (
  problem: Problem,
  { metric, normalise }: Pick<Search, "metric" | "normalise">,
  own: Moments | undefined,
) {
  const before = yield* normaliser(normalise === "standardise-own" ? "standardise" : normalise, problem)
  const ofQueries = own === undefined ? before : standardiser(own, problem.width)
  const mean = metric === "euclidean" && normalise === "none" ? (yield* moments(problem)).mean : undefined
  const centre = mean === undefined ? undefined : Float32Array.from(mean)
  const finish: Normaliser = (g, x) => {
    if (metric === "cosine") return l2(g, x)
    return centre === undefined ? x : g.op("Sub", [x, g.constant(Tensor.float32([problem.width], centre))])
  }
  const both: Sides = {
    training: (g, x) => finish(g, before(g, x)),
    queries: (g, x) => finish(g, ofQueries(g, x)),
  }
  return both
})

const squares = (g: Graph.Graph, rows: Graph.Value) =>
  g.op("ReduceSumSquare", [rows, g.constant(Tensor.int64([1], [1]))], { keepdims: 0 })

/** From `features` `[queries, width]` to `rows` of the same shape, as they are compared, and their `squares` `[queries]`. */
export const queryGraph = (width: number, side: Normaliser): Graph.Graph => {
  const g = Graph.make("queries")
  const rows = side(g, g.input("features", "float32", ["queries", width]))
  g.output("rows", rows, "float32", ["queries", width])
  g.output("squares", squares(g, rows), "float32", ["queries"])
  return g
}

/** From a block of training `features` `[rows, width]` to `rows`, as they are compared, and minus half their `squares`. */
export const trainingGraph = (problem: Problem, side: Normaliser): Graph.Graph => {
  const g = Graph.make("training")
  const rows = side(g, featuresInput(g, problem))
  g.output("rows", rows, "float32", ["rows", problem.width])
  g.output("halves", g.op("Mul", [squares(g, rows), g.constant(Tensor.float32([], [-0.5]))]), "float32", ["rows"])
  return g
}

/**
 * Compares `queries` `[queries, width]` with a block of training `rows`
 * `[rows, width]`, of which the first is row number `start`, and merges what it
 * finds into the nearest so far: `best` `[queries, depth]` float32, falling, and
 * `which` `[queries, depth]` int32, their rows.
 *
 * What is compared is q·t, for distances q·t - |t|²/2: the nearer, the larger.
 * TopK puts the earlier of equal ones first, and those found so far stand
 * before the block's: of equal ones the lower row goes first, wherever blocks end.
 */
export const mergeGraph = (width: number, { depth, metric }: Pick<Search, "depth" | "metric">): Graph.Graph => {
  const g = Graph.make("nearest")
  const rows = g.input("rows", "float32", ["rows", width])
  const halves = metric === "cosine" ? [] : [g.input("halves", "float32", ["rows"])]
  const queries = g.input("queries", "float32", ["queries", width])
  const start = g.input("start", "int32", [])
  const best = g.input("best", "float32", ["queries", depth])
  const which = g.input("which", "int32", ["queries", depth])

  const near = g.op("Gemm", [queries, rows, ...halves], { transB: 1 })
  const [zero, one] = [0, 1].map((i) => g.constant(Tensor.int64([1], [i])))
  const count = g.op("Slice", [g.op("Shape", [rows]), zero, one])
  const wanted = g.constant(Tensor.int64([1], [depth]))
  const [values, places] = g.ops("TopK", [near, g.op("Min", [wanted, count])], { axis: 1 }, 2)
  const numbers = g.op("Add", [g.op("Cast", [places], { to: 6 }), start])
  const all = g.op("Concat", [best, values], { axis: 1 })
  const [merged, from] = g.ops("TopK", [all, wanted], { axis: 1 }, 2)
  g.output("merged", merged, "float32", ["queries", depth])
  const both = g.op("Concat", [which, numbers], { axis: 1 })
  g.output("found", g.op("GatherElements", [both, from], { axis: 1 }), "int32", ["queries", depth])
  return g
}
