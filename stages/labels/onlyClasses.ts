import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { byClass, keeping } from "./choose.ts"

const Params = Schema.Struct({
  /** The classes that are kept, by number. */
  classes: Schema.NonEmptyArray(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
})
type Params = typeof Params.Type

/**
 * Labels of some classes only: the others are dropped, and an image that had no
 * other is left without a label. It is an error where none is left.
 *
 * @example
 * const living = onlyClasses(validation.labels, { classes: [0, 1, 4, 7] })
 */
export const onlyClasses = whole("onlyClasses", {
  module: import.meta,
  params: Params,
  inputs: { labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* ({ labels }, { classes }: Params) {
    const kept = new Set(classes)
    const { images } = yield* byClass(labels)
    if (![...images.keys()].some((label) => kept.has(label))) {
      return yield* new StageError({
        message: `no image is of one of the ${kept.size} classes that are kept`,
        hint: "`classes` counts from 0, as the labels do",
      })
    }
    return keeping(labels, (_, label) => kept.has(label))
  }),
})
