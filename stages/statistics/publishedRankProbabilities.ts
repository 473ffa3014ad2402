import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Scores } from "../tables.ts"
import { Drawn, enough } from "./enough.ts"
import * as Grid from "./grid.ts"
import { Seed } from "./params.ts"
import { drawPublished } from "./parametric.ts"
import { published } from "./published.ts"
import { countRanks, probabilityRows } from "./rankCounts.ts"
import { RankProbabilities } from "./tables.ts"
import { told } from "./told.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, resamples: Drawn, seed: Seed })
type Params = typeof Params.Type

/**
 * As `rankProbabilities`, from accuracies and numbers of images alone: accuracies
 * are drawn as binomial counts, each independently of the others. How far models
 * are right on the same images cannot be known; where they are, ranks are surer
 * than these probabilities say.
 */
export const publishedRankProbabilities = whole("publishedRankProbabilities", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: RankProbabilities,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const sets = yield* published(scores, params)
    const { seed, resamples = enough(sets[0]?.models.length ?? 0) } = params
    return Stream.fromIterable(sets.entries()).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ([at, set]) {
          const draw = told((take) => drawPublished(set, { resamples, seed }, take), {
            at,
            resamples,
            sets: sets.length,
          })
          return probabilityRows(set.set, set.models, yield* countRanks(set.models.length, draw), resamples)
        }),
      ),
      Stream.flatMap(Stream.fromIterable),
    )
  }),
})
