import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { type CellAccuracy, intervalRows } from "./intervalRows.ts"
import { Cells, Level } from "./params.ts"
import { readCells } from "./SetOutcomes.ts"
import { Intervals, Outcomes } from "./tables.ts"

const Params = Schema.Struct({ cells: Cells, level: Level })
type Params = typeof Params.Type

/**
 * The accuracy of each model on each set with two intervals: Wilson's, and the
 * percentile bootstrap over images (exactly, as if of infinitely many
 * resamples). They say how far an accuracy would move on
 * other images of the same kind; whether two models differ is for `pairs` to
 * say, as overlapping intervals do not tell.
 *
 * @example
 * intervals([outcomesOfDinoOnV2], { cells: [["DINO", "v2"]] })
 */
export const intervals = whole("intervals", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: Intervals,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const cells: Array<CellAccuracy> = []
    yield* readCells(outcomes, params.cells, ({ hits, ids, model, set }) =>
      Effect.sync(() => {
        const right = hits.reduce((total, hit) => total + hit, 0)
        cells.push({ model, set, accuracy: right / ids.length, images: ids.length })
      }),
    )
    return intervalRows(cells, params.level)
  }),
})
