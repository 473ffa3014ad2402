import * as Schema from "effect/Schema"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { fitKnn, type Vote } from "./knn.ts"
import { common, Count, defaulted, stage } from "./Protocol.ts"
import { leastDepth, searching } from "./Search.ts"

/** exp(s / temperature) */
export const softVote =
  (temperature: number): Vote =>
  (g: Graph.Graph, similarity) =>
    g.op("Exp", [g.op("Div", [similarity, g.constant(Tensor.float32([], [temperature]))])])

const params = Schema.Struct({
  ...common("knn/dino", { normalise: "none" }),
  k: defaulted(Count, 20),
  // exp(1 / temperature) and its inverse stay within float32 from here on.
  temperature: defaulted(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0.0125)), 0.07),
})

/**
 * Nearest neighbours as DINO's evaluation weighs them: cosine similarity s to
 * every training row, the k nearest vote exp(s / temperature) for their class.
 * Of rows that come out equally near the earlier goes first. The paper's k are
 * 10, 20, 100 and 200: probes of all of these, at any temperature, share one search.
 *
 * Cosine is part of the protocol: rows have length 1 when they are compared,
 * and `normalise` says what is done before that.
 */
export const knnDino = searching(
  stage({
    module: import.meta,
    name: "knn/dino",
    source:
      "Caron et al. 2021, Emerging Properties in Self-Supervised Vision Transformers; facebookresearch/dino, eval_knn.py",
    params,
    fit: (problem, { k, temperature }) => fitKnn(problem, k, softVote(temperature)),
  }),
  params,
  ({ classes, k, memory, normalise }) => ({
    metric: "cosine",
    normalise,
    depth: Math.max(k, leastDepth),
    memory,
    ...(classes === undefined ? {} : { classes }),
  }),
)
