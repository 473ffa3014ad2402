import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { resample } from "./bootstrap.ts"
import { Cells, Resamples, Seed } from "./params.ts"
import { countRanks, probabilityRows } from "./rankCounts.ts"
import { readSets } from "./SetOutcomes.ts"
import { Outcomes, RankProbabilities } from "./tables.ts"
import { told } from "./told.ts"

const Params = Schema.Struct({ cells: Cells, resamples: Resamples, seed: Seed })
type Params = typeof Params.Type

/**
 * How often each model has each rank on a set when its images are resampled, all
 * models on the same draw (`source` is `bootstrap`). Equal accuracies share the
 * best rank, so the probabilities of a rank may add up to more or less than 1;
 * those of a model add up to 1. Ranks that never occur have no row.
 *
 * The share of resamples is no confidence set: `rankSets` gives that.
 *
 * Errors: two models of a set judged on other images.
 */
export const rankProbabilities = whole("rankProbabilities", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: RankProbabilities,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const { resamples } = params
    const sets = yield* readSets(outcomes, params.cells)
    return Stream.fromIterable(sets.entries()).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ([at, set]) {
          const draw = told((take) => resample([set], params, take), { at, resamples, sets: sets.length })
          return probabilityRows(set.set, set.models, yield* countRanks(set.models.length, draw), resamples)
        }),
      ),
      Stream.flatMap(Stream.fromIterable),
    )
  }),
})
