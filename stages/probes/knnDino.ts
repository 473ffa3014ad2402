import * as Schema from "effect/Schema"
import { fitKnn } from "./knn.ts"
import { common, Count, defaulted, stage } from "./Protocol.ts"

/**
 * Nearest neighbours as DINO's evaluation weighs them: cosine similarity s to
 * every training row, the k nearest vote exp(s / temperature) for their class.
 * Of rows that come out equally near the earlier goes first. The paper's k are 10, 20, 100 and 200.
 *
 * Cosine is part of the protocol: rows have length 1 when they are compared,
 * and `normalise` says what is done before that.
 */
export const knnDino = stage({
  module: import.meta,
  name: "knn/dino",
  source:
    "Caron et al. 2021, Emerging Properties in Self-Supervised Vision Transformers; facebookresearch/dino, eval_knn.py",
  params: Schema.Struct({
    ...common("knn/dino", { normalise: "none" }),
    k: defaulted(Count, 20),
    // exp(1 / temperature) and its inverse stay within float32 from here on.
    temperature: defaulted(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0.0125)), 0.07),
  }),
  fit: (problem, { k, normalise, temperature }) => fitKnn(problem, normalise, { k, temperature }),
})
