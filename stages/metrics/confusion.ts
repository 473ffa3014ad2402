import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { optional, whole } from "../../src/dsl/Stage.ts"
import { Classes, Labels, Predictions } from "../tables.ts"
import { confusions } from "./confusions.ts"
import { namesOf } from "./names.ts"
import { Confusion } from "./tables.ts"

/**
 * What is taken for what: the cells of the confusion matrix that are not 0, by
 * label, then by best class. Every image needs one label.
 *
 * @example
 * confusion({ predictions, labels, classes })
 */
export const confusion = whole("confusion", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { predictions: Predictions, labels: Labels, classes: optional(Classes) },
  output: Confusion,
  run: Effect.fnUntraced(function* ({ classes, ...inputs }) {
    const { classes: order, of } = yield* confusions(inputs)
    const nameOf = yield* namesOf(classes)
    const rows = order.flatMap((label) =>
      [...(of.get(label) ?? [])].sort(([a], [b]) => a - b).map(([guess, images]) => ({ label, guess, images })),
    )
    return {
      label: Int32Array.from(rows, ({ label }) => label),
      labelName: rows.map(({ label }) => nameOf(label)),
      guess: Int32Array.from(rows, ({ guess }) => guess),
      guessName: rows.map(({ guess }) => nameOf(guess)),
      images: Int32Array.from(rows, ({ images }) => images),
    }
  }),
})
