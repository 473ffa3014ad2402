import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { featuresInput, overRows } from "./numeric.ts"
import type { Problem } from "./Problem.ts"

/** Fails where a feature is NaN or infinite, and names the first such image. */
export const finite = Effect.fnUntraced(function* (problem: Problem) {
  const g = Graph.make("finite")
  const features = featuresInput(g, problem)
  // 0 times a number is 0, unless that is not finite: then it is NaN, and so is the sum.
  const zeros = g.op("Mul", [features, g.constant(Tensor.float32([], [0]))])
  g.output("sums", g.op("ReduceSum", [zeros, g.constant(Tensor.int64([1], [1]))], { keepdims: 0 }), "float32", ["rows"])
  let bad: number | undefined
  yield* overRows(problem, g, { sums: "float32" }, ({ sums }, start) => {
    const at = sums.data.findIndex(Number.isNaN)
    if (at >= 0) bad ??= start + at
  })
  if (bad !== undefined) {
    return yield* new StageError({
      message: `the features of ${problem.ids[bad] ?? ""} are not all finite numbers`,
      hint: "the encoder gave NaN or infinity for this image: check its preprocessing",
    })
  }
})
