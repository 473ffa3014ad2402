import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import { effectRows } from "./effectRows.ts"
import { type Column, hasOthers, read, which } from "./grid.ts"
import { diagonal } from "./metaAnalysis.ts"
import { Every, Level } from "./params.ts"
import { Effects } from "./tables.ts"
import { neighbours, twos } from "./twos.ts"

const { metric, metrics, reference, sets } = which
const Params = Schema.Struct({ reference, sets, metric, metrics, level: Level, every: Every })
type Params = typeof Params.Type

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
 * Of more than `every` models only neighbours in the reference's ranking are compared.
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
    const pairs = models.length > params.every ? neighbours(reference.values) : [...twos(models.length)]
    return effectRows(models, pairs, params.level, (a, b) => ({
      values: others.map(({ values }) => (values[a] ?? 0) - (values[b] ?? 0)),
      covariance: diagonal(others.map((set) => variance(set, a) + variance(set, b))),
    }))
  }),
})
