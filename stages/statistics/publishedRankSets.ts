import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"
import { independentMaxima } from "./maxima.ts"
import { Level, Resamples, Seed } from "./params.ts"
import { drawPublished } from "./parametric.ts"
import { published } from "./published.ts"
import { critical, rankRows, unpaired, variances } from "./rankConfidence.ts"
import { RankSets } from "./tables.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, level: Level, resamples: Resamples, seed: Seed })
type Params = typeof Params.Type

/**
 * As `rankSets`, from accuracies and numbers of images alone: accuracies are
 * drawn as binomial counts, each independently of the others.
 *
 * What cannot be said: how far models are right on the same images. Where they
 * are, as models of one kind mostly are, differences are surer than can be known
 * here, and these sets of ranks are wider than those of `rankSets` would be.
 * Rounding of what was published is not accounted for.
 */
export const publishedRankSets = whole("publishedRankSets", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: RankSets,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const columns = yield* published(scores, params)
    return Stream.fromIterable(columns).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* (set) {
          const estimates = unpaired(set)
          const maxima = independentMaxima(variances(set))
          const limits = yield* critical(estimates, params, maxima, (take) => drawPublished(set, params, take))
          return rankRows(estimates, limits, params.level)
        }),
      ),
    )
  }),
})
