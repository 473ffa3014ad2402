import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { optional, whole } from "../../src/dsl/Stage.ts"
import { Classes, Labels, Predictions } from "../tables.ts"
import { classCounts, confusions } from "./confusions.ts"
import { namesOf } from "./names.ts"
import { ClassChanges } from "./tables.ts"

const Params = Schema.Struct({
  /** How many classes are called most improved, and as many most harmed. */
  most: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(10))),
})
type Params = typeof Params.Type

/**
 * What a change of encoder does to each class: its accuracy `before` and
 * `after`, and the change, the largest gain first (equal ones in the order of
 * their numbers). The `most` improved and the `most` harmed are marked, as in
 * Table A1 of Cole et al. 2022; a class that does not change is neither. Classes
 * without images have no row. Every image needs one label.
 *
 * @example
 * classChanges({ before: predictions(imagenet), after: predictions(inat), labels, classes })
 */
export const classChanges = whole("classChanges", {
  module: import.meta,
  params: Params,
  inputs: { before: Predictions, after: Predictions, labels: Labels, classes: optional(Classes) },
  output: ClassChanges,
  run: Effect.fnUntraced(function* ({ after, before, classes, labels }, { most }: Params) {
    const nameOf = yield* namesOf(classes)
    const earlier = new Map(classCounts(yield* confusions({ predictions: before, labels })).map((c) => [c.class, c]))
    const later = classCounts(yield* confusions({ predictions: after, labels }))
    const rows = later
      .flatMap(({ class: label, hits, images }) => {
        const first = earlier.get(label)
        if (first === undefined || first.images === 0 || images === 0) return []
        const [was, is] = [first.hits / first.images, hits / images]
        return [{ class: label, images, before: was, after: is, change: is - was }]
      })
      .sort((a, b) => b.change - a.change || a.class - b.class)
    const kindOf = (change: number, place: number) =>
      change > 0 && place < most ? "improved" : change < 0 && place >= rows.length - most ? "harmed" : ""
    return {
      class: Int32Array.from(rows, (row) => row.class),
      name: rows.map((row) => nameOf(row.class)),
      images: Int32Array.from(rows, ({ images }) => images),
      before: Float64Array.from(rows, ({ before }) => before),
      after: Float64Array.from(rows, ({ after }) => after),
      change: Float64Array.from(rows, ({ change }) => change),
      kind: rows.map(({ change }, place) => kindOf(change, place)),
    }
  }),
})
