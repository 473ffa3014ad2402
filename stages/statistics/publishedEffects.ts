import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import { effectRows, everyTwo } from "./effectRows.ts"
import { type Column, hasOthers, read, which } from "./grid.ts"
import { diagonal } from "./metaAnalysis.ts"
import { Level } from "./params.ts"
import { Effects } from "./tables.ts"

const { metric, metrics, reference, sets } = which
const Params = Schema.Struct({ reference, sets, metric, metrics, level: Level })
type Params = typeof Params.Type

// All pairs of a thousand models fill no page: beyond this, neighbours in the ranking are compared.
const mostModels = 200

/** Variance of an accuracy, p(1 - p)/n; where that is 0, as if half an image were otherwise. */
const variance = ({ images, values }: Column, model: number): number => {
  const n = images[model] ?? 1
  const p = Math.min(Math.max(values[model] ?? 0, 0.5 / (n + 1)), 1 - 0.5 / (n + 1))
  return (p * (1 - p)) / n
}

/**
 * As `effects`, from accuracies alone: differences are of independent
 * accuracies, and sets are independent. Models that were judged on the same
 * images differ more surely than that, so p-values are too large; sets that
 * share images (ReaL and the validation set) say less than two sets do, so leave
 * one of them out: the reference is, and `sets` says which are combined.
 *
 * Of more than 200 models only neighbours in the reference's ranking are compared.
 */
export const publishedEffects = whole("publishedEffects", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Effects,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const grid = yield* read(scores, params)
    yield* hasOthers(grid)
    const { models, others, reference } = grid
    const order = models.map((_, i) => i).sort((a, b) => (reference.values[b] ?? 0) - (reference.values[a] ?? 0))
    const neighbours = order.slice(1).map((b, i) => [order[i] ?? 0, b] as const)
    const twos = models.length > mostModels ? neighbours : everyTwo(models.length)
    return effectRows(models, twos, params.level, (a, b) => ({
      values: others.map(({ values }) => (values[a] ?? 0) - (values[b] ?? 0)),
      covariance: diagonal(others.map((set) => variance(set, a) + variance(set, b))),
    }))
  }),
})
