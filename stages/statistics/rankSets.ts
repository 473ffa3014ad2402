import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { resample } from "./bootstrap.ts"
import { contingency } from "./contingency.ts"
import { pairMaxima } from "./maxima.ts"
import { Cells, Level, Resamples, Seed } from "./params.ts"
import { critical, paired, rankRows } from "./rankConfidence.ts"
import { readSets } from "./SetOutcomes.ts"
import { Outcomes, RankSets } from "./tables.ts"
import { told } from "./told.ts"

const Params = Schema.Struct({ cells: Cells, level: Level, resamples: Resamples, seed: Seed })
type Params = typeof Params.Type

/**
 * Which ranks each model could have on each set (Mogstad, Romano, Shaikh and
 * Wilhelm 2024): from 1 + the number of models that are surely better to p - the
 * number that are surely worse. Sure is a difference beyond the `level` quantile,
 * over paired resamples of the images, of the largest studentised error: over all
 * pairs of the set for `low..high`, which hold all true ranks at once with that
 * probability, over the pairs of one model for `marginalLow..marginalHigh`, which
 * hold that model's. The quantile is taken once, without steps down.
 *
 * `rank` is by the observed accuracy; equal ones share the best rank. Models that
 * are right on the same images throughout are never surely different.
 *
 * Errors: two models of a set judged on other images.
 */
export const rankSets = whole("rankSets", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: RankSets,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const { resamples } = params
    const sets = yield* readSets(outcomes, params.cells)
    return Stream.fromIterable(sets.entries()).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ([at, set]) {
          const estimates = paired(yield* contingency(set))
          const maxima = yield* pairMaxima(set.models.length, estimates.errors)
          const draw = told((take) => resample([set], params, take), { at, resamples, sets: sets.length })
          return rankRows(estimates, yield* critical(estimates, params, maxima, draw), params.level)
        }, Effect.scoped),
      ),
    )
  }),
})
