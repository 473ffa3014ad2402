import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { l2, type Normalise, type Normaliser, normaliser } from "./normalise.ts"
import { featuresInput, overRows } from "./numeric.ts"
import { largest, type Problem } from "./Problem.ts"
import { type Fitted, untrained } from "./Protocol.ts"

/** How neighbours vote. */
export interface Knn {
  /** How many of the nearest training rows vote. */
  readonly k: number
  /** A neighbour of similarity s votes exp(s / temperature). */
  readonly temperature: number
}

/** The training rows, each of length 1. */
const unitRows = Effect.fnUntraced(function* (problem: Problem, unit: Normaliser) {
  const { rows, width } = problem
  const g = Graph.make("unit")
  g.output("unit", unit(g, featuresInput(g, problem)), "float32", ["rows", width])
  const all = new Float32Array(rows * width)
  yield* overRows(problem, g, { unit: "float32" }, (part, start) => all.set(part.unit.data, start * width))
  return all
})

/**
 * Nearest neighbours by cosine: a probe that carries the training rows, and of
 * which the scores are the votes of each class.
 *
 * Errors: `k` above the number of rows; rows that do not fit into one model.
 */
export const fitKnn = Effect.fnUntraced(function* (problem: Problem, normalise: Normalise, { k, temperature }: Knn) {
  const { classes, labels, rows, width } = problem
  if (k > rows) {
    return yield* new StageError({
      message: `${k} neighbours are asked for, and there are ${rows} labelled rows of features`,
      hint: "lower `k`",
    })
  }
  if (rows * (width + 1) * 4 >= largest) {
    return yield* new StageError({
      message: `${rows} rows of ${width} features do not fit into an ONNX model of 2 GB, which a probe of neighbours is`,
      hint: `fit it on a subset of at most ${Math.floor(largest / 4 / (width + 1))} images`,
    })
  }
  const before = yield* normaliser(normalise, problem)
  const unit: Normaliser = (g, features) => l2(g, before(g, features))
  const g = Graph.make("knn")
  const features = g.input("features", "float32", ["rows", width])
  const training = g.constant(Tensor.float32([rows, width], yield* unitRows(problem, unit)))
  const similarity = g.op("Gemm", [unit(g, features), training], { transB: 1 })
  const [nearest, which] = g.ops("TopK", [similarity, g.constant(Tensor.int64([1], [k]))], { axis: 1 }, 2)
  const votes = g.op("Exp", [g.op("Div", [nearest, g.constant(Tensor.float32([], [temperature]))])])
  const ballots = g.op("Gather", [g.constant(Tensor.int32([rows], labels)), which])
  const count = g.op("Slice", [g.op("Shape", [features]), ...[0, 1].map((i) => g.constant(Tensor.int64([1], [i])))])
  const shape = g.op("Concat", [count, g.constant(Tensor.int64([1], [classes]))], { axis: 0 })
  const none = g.op("ConstantOfShape", [shape])
  g.output("scores", g.op("ScatterElements", [none, ballots, votes], { axis: 1, reduction: "add" }), "float32", [
    "rows",
    classes,
  ])
  const fitted: Fitted = {
    variants: [{ name: "final", onnx: yield* g.bytes, setting: {} }],
    course: untrained,
  }
  return fitted
})
