import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"

/** A linear classifier of features as they are after normalisation. */
export interface Linear {
  /** `[classes, width]` */
  readonly weights: Float64Array
  /** `[classes]` */
  readonly bias: Float64Array
}

const scoresOf = (problem: Problem, normaliser: Normaliser, { bias, weights }: Linear) => {
  const { classes, width } = problem
  const g = Graph.make("linear")
  const x = normaliser(g, g.input("features", "float32", ["rows", width]))
  const parameters = [
    g.constant(Tensor.float32([classes, width], Float32Array.from(weights))),
    g.constant(Tensor.float32([classes], Float32Array.from(bias))),
  ]
  return { g, scores: g.op("Gemm", [x, ...parameters], { transB: 1 }) }
}

/** The probe: `scores` are `weights * features + bias`, in float32. */
export const linearModel = (problem: Problem, normaliser: Normaliser, linear: Linear) => {
  const { g, scores } = scoresOf(problem, normaliser, linear)
  g.output("scores", scores, "float32", ["rows", problem.classes])
  return g.bytes
}

/** The share of a resident problem's rows whose highest score is the label's; of equal scores the lowest class counts. */
export const accuracy = Effect.fnUntraced(function* (problem: Problem, normaliser: Normaliser, linear: Linear) {
  const { classes, features, labels, rows, width } = problem
  const { g, scores } = scoresOf(problem, normaliser, linear)
  g.output("best", g.op("ArgMax", [scores], { axis: 1, keepdims: 0 }), "int64", ["rows"])
  const engine = yield* open(yield* g.bytes, {
    failure: "the held-out part cannot be scored",
    work: rows * width * classes,
  })
  const all = Tensor.float32([rows, width], yield* features.copy(Int32Array.from(labels.keys())))
  const { best } = yield* engine.run({ features: all }, { best: "int64" })
  return labels.filter((label, row) => Number(best.data[row]) === label).length / rows
}, Effect.scoped)
