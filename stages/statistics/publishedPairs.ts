import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"
import { unpairedRows } from "./pairRows.ts"
import { Every, Level } from "./params.ts"
import { published } from "./published.ts"
import { Pairs } from "./tables.ts"
import { lookedAt } from "./twos.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, level: Level, every: Every })
type Params = typeof Params.Type

/**
 * Every two models on each set, from accuracies and numbers of images alone: the
 * difference with Newcombe's interval of two independent accuracies (`method` is
 * `newcombe`), the pooled z test in `exact`, adjusted after Holm. Which pairs have
 * a row is as in `pairs`.
 *
 * What cannot be said: on which images the two differ, so `onlyA` and `onlyB`
 * are -1 and `mid` is NaN. Models that are right on the same images differ more
 * surely than this can know: intervals are wider and p-values larger than those
 * of `pairs` would be, as a rule by far. A published accuracy is rounded, too.
 */
export const publishedPairs = whole("publishedPairs", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Pairs,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const columns = yield* published(scores, params)
    const pairs = lookedAt(
      columns.map(({ accuracies, models }) => ({ models, values: accuracies })),
      params.every,
    )
    return Stream.fromIterable(columns).pipe(
      Stream.zip(Stream.fromIterable(pairs)),
      Stream.flatMap(([set, places]) => Stream.fromIterable(unpairedRows(set, places(), params))),
    )
  }),
})
