import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { featuresInput, overRows } from "./numeric.ts"
import type { Problem } from "./Problem.ts"

/**
 * Each feature's mean and standard deviation (of the population) over all rows,
 * both `[width]`. Parts of the rows are measured in float32, centred on their
 * own mean, and joined in float64 (Chan, Golub and LeVeque, 1979).
 */
export const moments = Effect.fnUntraced(function* (problem: Problem) {
  const { rows, width } = problem
  const g = Graph.make("moments")
  const features = featuresInput(g, problem)
  const axis0 = g.constant(Tensor.int64([1], [0]))
  const mean = g.op("ReduceMean", [features, axis0], { keepdims: 1 })
  g.output("mean", mean, "float32", [1, width])
  const squares = g.op("ReduceSumSquare", [g.op("Sub", [features, mean]), axis0], { keepdims: 1 })
  g.output("squares", squares, "float32", [1, width])

  const means = new Float64Array(width)
  const sums = new Float64Array(width)
  yield* overRows(problem, g, { mean: "float32", squares: "float32" }, (part, start, end) => {
    const share = (end - start) / end
    for (let i = 0; i < width; i++) {
      const step = (part.mean.data[i] ?? 0) - (means[i] ?? 0)
      means[i] = (means[i] ?? 0) + step * share
      sums[i] = (sums[i] ?? 0) + (part.squares.data[i] ?? 0) + step * step * start * share
    }
  })
  return { mean: means, deviation: sums.map((sum) => Math.sqrt(sum / rows)) }
})
