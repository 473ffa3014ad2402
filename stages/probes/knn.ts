import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Problem } from "./Problem.ts"
import { type Fitted, untrained } from "./Protocol.ts"

/** Puts a vote into a graph: from how near the k neighbours are, `[rows, k]`, to what each counts. */
export type Vote = (graph: Graph.Graph, similarity: Graph.Value) => Graph.Value

/**
 * The graph of a vote: from `similarity` `[rows, depth]` float32, nearest first,
 * and `labels` `[rows, depth]` int32 to `scores` `[rows, classes]`, the votes of
 * the `k` nearest for each class.
 */
export const voteGraph = (
  { classes, k }: { readonly classes: number; readonly k: number },
  vote: Vote,
): Graph.Graph => {
  const g = Graph.make("knn")
  const [zero, one, most] = [0, 1, k].map((i) => g.constant(Tensor.int64([1], [i])))
  const first = (value: Graph.Value) => g.op("Slice", [value, zero, most, one])
  const similarity = first(g.input("similarity", "float32", ["rows", "depth"]))
  const labels = first(g.input("labels", "int32", ["rows", "depth"]))
  const count = g.op("Slice", [g.op("Shape", [similarity]), zero, one])
  const shape = g.op("Concat", [count, g.constant(Tensor.int64([1], [classes]))], { axis: 0 })
  const none = g.op("ConstantOfShape", [shape])
  const ballots = g.op("Cast", [labels], { to: 7 })
  g.output(
    "scores",
    g.op("ScatterElements", [none, ballots, vote(g, similarity)], { axis: 1, reduction: "add" }),
    "float32",
    ["rows", classes],
  )
  return g
}

/**
 * A probe of neighbours: how they vote. Who they are is found when it predicts.
 *
 * Errors: `k` above the number of rows.
 */
export const fitKnn = Effect.fnUntraced(function* ({ classes, rows }: Problem, k: number, vote: Vote) {
  if (k > rows) {
    return yield* new StageError({
      message: `${k} neighbours are asked for, and there are ${rows} labelled rows of features`,
      hint: "lower `k`",
    })
  }
  const fitted: Fitted = {
    variants: [{ name: "final", onnx: yield* voteGraph({ classes, k }, vote).bytes, setting: {} }],
    course: untrained,
  }
  return fitted
})
