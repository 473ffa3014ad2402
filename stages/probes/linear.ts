import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { type Normalise, normaliser } from "./normalise.ts"
import type { Problem } from "./Problem.ts"
import { type Fitted, untrained } from "./Protocol.ts"
import { type Sgd, train } from "./sgd.ts"

/** Fits a linear classifier by SGD: a probe whose scores are `weights * features + bias`, the logits. */
export const fitLinear = Effect.fnUntraced(function* (problem: Problem, normalise: Normalise, sgd: Sgd) {
  const { classes, width } = problem
  const normalised = yield* normaliser(normalise, problem)
  const { bias, curve, weights } = yield* train(problem, normalised, sgd)
  const g = Graph.make("linear")
  const features = g.input("features", "float32", ["rows", width])
  const scores = g.op(
    "Gemm",
    [
      normalised(g, features),
      g.constant(Tensor.float32([classes, width], weights)),
      g.constant(Tensor.float32([classes], bias)),
    ],
    { transB: 1 },
  )
  g.output("scores", scores, "float32", ["rows", classes])
  const fitted: Fitted = {
    variants: [{ name: "final", onnx: yield* g.bytes, setting: {} }],
    course: { ...untrained, curve },
  }
  return fitted
})
