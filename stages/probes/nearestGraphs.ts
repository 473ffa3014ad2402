import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { moments } from "./moments.ts"
import { lengths, type Moments, normaliser, type Normaliser, standardiser } from "./normalise.ts"
import { featuresInput, overRows } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import type { Search } from "./Search.ts"

/** What is done to either side before rows are compared. For the cosine, training rows are then brought to length 1. */
export interface Sides {
  readonly training: Normaliser
  /** Undefined where queries are compared as they are. */
  readonly queries: Normaliser | undefined
}

/**
 * The normalisations of a search. Cosine compares with training rows of length
 * 1; how long a query is changes no order, and is divided by in the end. For
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
  const centred: Normaliser = (g, x) =>
    centre === undefined ? x : g.op("Sub", [x, g.constant(Tensor.float32([problem.width], centre))])
  const both: Sides = {
    training: (g, x) => centred(g, before(g, x)),
    queries: normalise === "none" && centre === undefined ? undefined : (g, x) => centred(g, ofQueries(g, x)),
  }
  return both
})

/** From `features` `[queries, width]` to `rows` of the same shape, as they are compared. */
export const queryGraph = (width: number, side: Normaliser): Graph.Graph => {
  const g = Graph.make("queries")
  g.output("rows", side(g, g.input("features", "float32", ["queries", width])), "float32", ["queries", width])
  return g
}

/** How far from 1 float32 may find the length of a row that has length 1: it adds 8,192 squares up to within 2.4e-6. */
const rounding = 4e-6

/** Whether all training rows have length 1 already, so that none needs to be copied to be divided by it. */
export const areUnit = Effect.fnUntraced(function* (problem: Problem, side: Normaliser) {
  const g = Graph.make("lengths")
  const length = lengths(g, side(g, featuresInput(g, problem)))
  const off = g.op("Abs", [g.op("Sub", [length, g.constant(Tensor.float32([], [1]))])])
  g.output("off", g.op("ReduceMax", [off], { keepdims: 0 }), "float32", [])
  let unit = true
  yield* overRows(problem, g, { off: "float32" }, ({ off }) => {
    unit &&= (off.data[0] ?? NaN) <= rounding
  })
  return unit
})

/** How a search compares. */
export interface Comparing extends Pick<Search, "depth" | "metric"> {
  /** Whether training rows have length 1 already. */
  readonly unit: boolean
}

/**
 * Compares `queries` `[parts, together, width]` with a block of training
 * `features` `[rows, width]`, of which the first is row number `start`, and
 * merges what it finds into the nearest so far: `best` `[parts, together,
 * depth]` float32, falling, and `which` of the same shape, int32, their rows.
 *
 * What is compared is q·t, for distances q·t - |t|²/2: the nearer, the larger.
 * TopK puts the earlier of equal ones first, and those found so far stand
 * before the block's: of equal ones the lower row goes first, wherever blocks
 * end. It starts from those found so far, so that few of a block get past them.
 */
export const mergeGraph = (problem: Problem, side: Normaliser, { depth, metric, unit }: Comparing): Graph.Graph => {
  const g = Graph.make("nearest")
  const features = side(g, featuresInput(g, problem))
  const start = g.input("start", "int32", [])
  const of = (width: number) => ["parts", "together", width]
  const queries = g.input("queries", "float32", of(problem.width))
  const best = g.input("best", "float32", of(depth))
  const which = g.input("which", "int32", of(depth))

  const squares = () => g.op("ReduceSumSquare", [features, g.constant(Tensor.int64([1], [1]))], { keepdims: 0 })
  const divided = metric === "cosine" && !unit
  const rows = divided ? g.op("Div", [features, lengths(g, features)]) : features
  const halves = metric === "cosine" ? [] : [g.op("Mul", [squares(), g.constant(Tensor.float32([], [-0.5]))])]

  const part = g.body("part")
  const own = {
    queries: part.input("queries", "float32", ["together", problem.width]),
    best: part.input("best", "float32", ["together", depth]),
    which: part.input("which", "int32", ["together", depth]),
  }
  const near = part.op("Gemm", [own.queries, rows, ...halves], { transB: 1 })
  const all = part.op("Concat", [own.best, near], { axis: 1 })
  const [values, from] = part.ops("TopK", [all, part.constant(Tensor.int64([1], [depth]))], { axis: 1 }, 2)
  const known = part.constant(Tensor.int64([], [depth]))
  const last = part.constant(Tensor.int64([], [depth - 1]))
  const former = part.op("GatherElements", [own.which, part.op("Min", [from, last])], { axis: 1 })
  const fresh = part.op("Add", [part.op("Cast", [part.op("Sub", [from, known])], { to: 6 }), start])
  part.output("merged", values, "float32", ["together", depth])
  part.output("found", part.op("Where", [part.op("Less", [from, known]), former, fresh]), "int32", ["together", depth])

  const [merged, found] = g.ops("Scan", [queries, best, which], { body: part, num_scan_inputs: 3 }, 2)
  g.output("merged", merged, "float32", of(depth))
  g.output("found", found, "int32", of(depth))
  return g
}
