import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"
import { intervalRows } from "./intervalRows.ts"
import { Level } from "./params.ts"
import { published } from "./published.ts"
import { Intervals } from "./tables.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, level: Level })
type Params = typeof Params.Type

/**
 * As `intervals`, from accuracies and numbers of images alone. Nothing is lost
 * by that but what rounding took: an accuracy given to 0.1 points may be 0.05
 * points off, which no interval here knows of.
 *
 * @example
 * publishedIntervals([publishedScores({ file: "table.csv", images: { v2: 10_000 } })])
 */
export const publishedIntervals = whole("publishedIntervals", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Intervals,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const columns = yield* published(scores, params)
    const cells = columns.flatMap(({ accuracies, images, models, set }) =>
      models.map((model, at) => ({ model, set, accuracy: accuracies[at] ?? 0, images: images[at] ?? 0 })),
    )
    return intervalRows(cells, params.level)
  }),
})
