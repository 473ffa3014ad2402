import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { byClass, firstOf, firstOfEach, keeping } from "./choose.ts"
import { Count, Seed } from "./params.ts"

const Params = Schema.Struct({
  /** How many classes are left. */
  classes: Count,
  /** Images of each that keep their labels; all where nothing is said. */
  perClass: Schema.optionalKey(Count),
  seed: Seed,
})
type Params = typeof Params.Type

/**
 * A subset of few classes, drawn uniformly once: with `classes` x `perClass` held
 * constant, sets of one size and different diversity, as Table A3 of Cole et al.
 * 2022 has them (200 x 500, 500 x 200, 1000 x 100). Labels of other classes are
 * dropped; the numbers of the classes stay what they are.
 *
 * Classes and images are ordered by a hash of the seed and their number or id,
 * so smaller choices are within larger ones, and training and evaluation labels
 * of the same classes are limited to the same ones. Fewer classes or images than
 * asked for are an error.
 *
 * @example
 * const limited = classLimited(train.labels, { classes: 200, perClass: 500 })
 */
export const classLimited = whole("classLimited", {
  module: import.meta,
  params: Params,
  inputs: { labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* ({ labels }, { classes, perClass, seed }: Params) {
    const of = yield* byClass(labels)
    if (of.images.size < classes) {
      return yield* new StageError({
        message: `${classes} classes are asked for, and only ${of.images.size} have images`,
        hint: "ask for fewer `classes`",
      })
    }
    const names = [...of.images.keys()].map((label) => `class ${label}`)
    const kept = new Set(firstOf(names, classes, seed).map((name) => Number(name.slice("class ".length))))
    if (perClass === undefined) return keeping(labels, (_, label) => kept.has(label))
    const chosen = yield* firstOfEach(of, kept, perClass, seed)
    return keeping(labels, (id, label) => kept.has(label) && chosen.has(id))
  }),
})
