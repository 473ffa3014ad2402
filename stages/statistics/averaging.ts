import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import type { Column } from "./grid.ts"

/** float32 among ONNX's element types. */
const FLOAT = 1

/** Names of the aggregates, in the order of their columns. */
export const aggregateNames = ["weighted", "geometric", "precision"] as const

/**
 * The mean of accuracies by their precision n/(p(1 - p)), and its standard
 * error: the fixed-effect estimate of one accuracy behind all sets. An accuracy
 * of 0 or 1, whose variance would be 0, counts as half an image from it. NaN without sets.
 */
export const precisionWeighted = (cells: ReadonlyArray<{ readonly value: number; readonly images: number }>) => {
  let [sum, total] = [0, 0]
  for (const { images, value } of cells) {
    const half = 0.5 / (images + 1)
    const inside = Math.min(Math.max(value, half), 1 - half)
    const precision = images / (inside * (1 - inside))
    sum += precision * inside
    total += precision
  }
  return { value: sum / total, error: 1 / Math.sqrt(total) }
}

// What ln 0 is taken for: a sum of some is finite, and e^ of a share of it is 0.
const lnZero = -1e300

/**
 * The averages of accuracies over sets, as a graph: `[draws, models, sets]`
 * float64 to `[models, 3, draws]` float32: W, G and the precision-weighted mean.
 * Runs are of at most `draws` draws.
 */
export const averaging = Effect.fnUntraced(function* (models: number, sets: ReadonlyArray<Column>, draws: number) {
  const g = Graph.make("averages")
  const accuracies = g.input("accuracies", "float64", ["draws", models, sets.length])
  const axis = g.constant(Tensor.int64([1], [-1]))
  const scalar = (value: number) => g.constant({ type: "float64", dims: [], data: Float64Array.of(value) })
  /** A constant `[models, sets]`. */
  const each = (of: (set: Column) => ReadonlyArray<number>) => {
    const columns = sets.map(of)
    const rows = Array.from({ length: models }, (_, model) => columns.map((column) => column[model] ?? 0))
    return g.constant({ type: "float64", dims: [models, sets.length], data: Float64Array.from(rows.flat()) })
  }
  const sum = (terms: Graph.Value) => g.op("ReduceSum", [terms, axis], { keepdims: 1 })
  const mean = (values: Graph.Value, weights: Graph.Value) =>
    g.op("Div", [sum(g.op("Mul", [values, weights])), sum(weights)])

  const one = scalar(1)
  const weighted = mean(
    accuracies,
    each(({ weights }) => weights),
  )
  const logs = g.op("Max", [g.op("Log", [accuracies]), scalar(lnZero)])
  const geometric = g.op("Exp", [g.op("ReduceMean", [logs, axis], { keepdims: 1 })])
  const half = each(({ images }) => images.map((count) => 0.5 / (count + 1)))
  const inside = g.op("Min", [g.op("Max", [accuracies, half]), g.op("Sub", [one, half])])
  const images = each(({ images }) => images)
  const precision = mean(inside, g.op("Div", [images, g.op("Mul", [inside, g.op("Sub", [one, inside])])]))
  const all = g.op("Concat", [weighted, geometric, precision], { axis: 2 })
  const columns = g.op("Cast", [g.op("Transpose", [all], { perm: [1, 2, 0] })], { to: FLOAT })
  g.output("columns", columns, "float32", [models, aggregateNames.length, "draws"])
  const engine = yield* open(yield* g.bytes, {
    failure: "the accuracies cannot be averaged",
    // A logarithm costs some ten multiplications.
    work: draws * models * sets.length * 20,
  })
  return Effect.fnUntraced(function* (rows: number, data: Float64Array) {
    const tensor = { type: "float64", dims: [rows, models, sets.length], data } as const
    return (yield* engine.run({ accuracies: tensor }, { columns: "float32" })).columns.data
  })
})
