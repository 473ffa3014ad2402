import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"
import { Resamples, Seed } from "./params.ts"
import { drawPublished } from "./parametric.ts"
import { published } from "./published.ts"
import { countRanks, probabilityRows } from "./rankCounts.ts"
import { RankProbabilities } from "./tables.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, resamples: Resamples, seed: Seed })
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
    const columns = yield* published(scores, params)
    return Stream.fromIterable(columns).pipe(
      Stream.mapEffect((set) =>
        Effect.map(
          countRanks(set.models.length, (take) => drawPublished(set, params, take)),
          (counts) => probabilityRows(set.set, set.models, counts, params.resamples),
        ),
      ),
      Stream.flatMap(Stream.fromIterable),
    )
  }),
})
