import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { optional, whole } from "../../src/dsl/Stage.ts"
import { Classes, Labels, Predictions } from "../tables.ts"
import { classCounts, confusions, f1Of } from "./confusions.ts"
import { namesOf } from "./names.ts"
import { ClassTable } from "./tables.ts"

/**
 * Recall, precision and F1 of every class that is a label or a best class
 * somewhere, in the order of their numbers. Every image needs one label.
 *
 * @example
 * classTable({ predictions, labels, classes })
 */
export const classTable = whole("classTable", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { predictions: Predictions, labels: Labels, classes: optional(Classes) },
  output: ClassTable,
  run: Effect.fnUntraced(function* ({ classes, ...inputs }) {
    const rows = classCounts(yield* confusions(inputs))
    const nameOf = yield* namesOf(classes)
    return {
      class: Int32Array.from(rows, (row) => row.class),
      name: rows.map((row) => nameOf(row.class)),
      images: Int32Array.from(rows, ({ images }) => images),
      predicted: Int32Array.from(rows, ({ predicted }) => predicted),
      recall: Float64Array.from(rows, ({ hits, images }) => hits / images),
      precision: Float64Array.from(rows, ({ hits, predicted }) => hits / predicted),
      f1: Float64Array.from(rows, f1Of),
    }
  }),
})
