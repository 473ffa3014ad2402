import * as Schema from "effect/Schema"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { fitKnn, type Vote } from "./knn.ts"
import { common, Count, defaulted, stage } from "./Protocol.ts"
import { leastDepth, searching } from "./Search.ts"

/**
 * 1 / distance. Where a neighbour is at no distance at all, those that are vote
 * 1 and the others nothing, as scikit-learn's `weights="distance"`.
 */
export const inverseVote: Vote = (g, similarity) => {
  const float = 1
  const distance = g.op("Neg", [similarity])
  const same = g.op("Equal", [distance, g.constant(Tensor.float32([], [0]))])
  const counted = g.op("Cast", [same], { to: float })
  const any = g.op("ReduceMax", [counted, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
  const isAny = g.op("Greater", [any, g.constant(Tensor.float32([], [0.5]))])
  return g.op("Where", [isAny, counted, g.op("Reciprocal", [distance])])
}

const { normalise: _, ...rest } = common("knn/marks", { normalise: "none" })

const params = Schema.Struct({
  ...rest,
  normalise: defaulted(Schema.Literals(["none", "l2", "standardise", "standardise-own"]), "none"),
  k: defaulted(Count, 20),
})

/**
 * Nearest neighbours as Marks et al. weigh them: the k nearest by Euclidean
 * distance vote 1 / distance for their class. `normalise: "standardise"` uses
 * the training set's statistics for both sides; `"standardise-own"`, as the
 * published code does, those of the images that are looked up for these.
 */
export const knnMarks = searching(
  stage({
    module: import.meta,
    name: "knn/marks",
    source: "Marks et al. 2025; manuelknott/ssl_eval_protocols",
    params,
    fit: (problem, { k }) => fitKnn(problem, k, inverseVote),
  }),
  params,
  ({ classes, k, memory, normalise }) => ({
    metric: "euclidean",
    normalise,
    depth: Math.max(k, leastDepth),
    memory,
    ...(classes === undefined ? {} : { classes }),
  }),
)
