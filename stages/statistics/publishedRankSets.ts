import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Scores } from "../tables.ts"
import { Drawn, enough } from "./enough.ts"
import * as Grid from "./grid.ts"
import { independentMaxima } from "./maxima.ts"
import { Level, Seed } from "./params.ts"
import { drawPublished } from "./parametric.ts"
import { published } from "./published.ts"
import { critical, rankRows, unpaired, variances } from "./rankConfidence.ts"
import { RankSets } from "./tables.ts"
import { told } from "./told.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, level: Level, resamples: Drawn, seed: Seed })
type Params = typeof Params.Type

/**
 * As `rankSets`, from accuracies and numbers of images alone: accuracies are
 * drawn as binomial counts, each independently of the others, as often as
 * `enough` says where nothing is said: 10,000 times, fewer of more than 200 models.
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
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const sets = yield* published(scores, params)
    const { level, seed, resamples = enough(sets[0]?.models.length ?? 0) } = params
    return Stream.fromIterable(sets.entries()).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ([at, set]) {
          const estimates = unpaired(set)
          const maxima = independentMaxima(variances(set))
          const draw = told((take) => drawPublished(set, { resamples, seed }, take), {
            at,
            resamples,
            sets: sets.length,
          })
          return rankRows(estimates, yield* critical(estimates, { level, resamples }, maxima, draw), level)
        }),
      ),
    )
  }),
})
