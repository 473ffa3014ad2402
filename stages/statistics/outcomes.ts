import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { judge } from "../judge.ts"
import * as LabelIndex from "../labelIndex.ts"
import { Labels, Predictions } from "../tables.ts"
import { Outcomes } from "./tables.ts"

/**
 * Which images a model gets right: its best class is one of the image's labels.
 * On a set with several labels an image this is the rule of ReaL (Beyer et al.
 * 2020). What `score` counts as `top1`, image by image; images without a label
 * or without a prediction are left out. Sorted by id, so that the order in which
 * a set was read changes nothing.
 *
 * Errors: as in `score`, predictions without a row of labels, an id twice,
 * nothing that has both a prediction and a label.
 *
 * @example
 * outcomes({ predictions: predict({ probe, features }), labels })
 */
export const outcomes = whole("outcomes", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { predictions: Predictions, labels: Labels },
  output: Outcomes,
  run: Effect.fnUntraced(function* ({ labels, predictions }) {
    const rows: Array<readonly [id: string, hit: number]> = []
    const index = yield* LabelIndex.make(labels)
    yield* judge(predictions.batches, index, ({ id, place }) => void rows.push([id, place === 0 ? 1 : 0]))
    rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return { id: rows.map(([id]) => id), hit: Int32Array.from(rows, ([, hit]) => hit) }
  }),
})
