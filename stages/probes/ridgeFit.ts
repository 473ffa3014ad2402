import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import type * as Tensor from "../../src/onnx/Tensor.ts"
import { inverse } from "./inverse.ts"
import type { Linear } from "./linearModel.ts"
import type { Normaliser } from "./normalise.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import { scatter } from "./scatter.ts"

// An inverse of a matrix near to singular has few digits right: each round doubles them.
const rounds = 3

/** `W = R inv(A)`, put right by what is missing from `R`: all float64. */
const solveGraph = (classes: number, width: number) => {
  const g = Graph.make("solve")
  const [matrix, inverted, right] = [
    g.input("matrix", "float64", [width, width]),
    g.input("inverse", "float64", [width, width]),
    g.input("right", "float64", [classes, width]),
  ]
  let weights = g.op("MatMul", [right, inverted])
  for (let round = 0; round < rounds; round++) {
    const missing = g.op("Sub", [right, g.op("MatMul", [weights, matrix])])
    weights = g.op("Add", [weights, g.op("MatMul", [missing, inverted])])
  }
  g.output("weights", weights, "float64", [classes, width])
  return g.bytes
}

/**
 * Prepares ridge regression of a problem: one pass over its rows. The solution
 * for an alpha is `(X'X + alpha I) w = X'y` of centred features and targets,
 * and the bias is what makes the means agree.
 *
 * Errors: an alpha that is lost beside the features where these depend on each other.
 */
export const openRidge = Effect.fnUntraced(function* (problem: Problem, normaliser: Normaliser) {
  const { classes, rows, width } = problem
  const sums = yield* scatter(problem, normaliser)
  const tensor = (height: number, data: Float64Array): Tensor.TensorOf<"float64"> => ({
    type: "float64",
    dims: [height, width],
    data,
  })
  // Targets are 2 where a row is of the class, less 1: what is constant is lost in centring.
  const right = tensor(
    classes,
    sums.cross.map((x) => 2 * x),
  )
  return Effect.fnUntraced(function* (alpha: number) {
    const matrix = sums.scatter.slice()
    for (let i = 0; i < width; i++) matrix[i * width + i] = (matrix[i * width + i] ?? 0) + alpha
    const engine = yield* open(yield* solveGraph(classes, width), {
      failure: "the least squares cannot be solved",
      work: rounds * 2 * classes * width * width,
    })
    const fed = { matrix: tensor(width, matrix), inverse: tensor(width, yield* inverse(matrix, width)), right }
    const { weights } = yield* engine.run(fed, { weights: "float64" })
    const bias = Float64Array.from({ length: classes }, (_, c) => {
      let sum = (2 * (sums.counts[c] ?? 0)) / rows - 1
      for (let i = 0; i < width; i++) sum -= (weights.data[c * width + i] ?? 0) * (sums.mean[i] ?? 0)
      return sum
    })
    const linear: Linear = { weights: weights.data, bias }
    return linear
  }, Effect.scoped)
})
