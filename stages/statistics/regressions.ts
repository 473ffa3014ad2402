import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import { aggregates, read, which } from "./grid.ts"
import { line } from "./line.ts"
import { Level } from "./params.ts"
import { Regressions } from "./tables.ts"

const Params = Schema.Struct({
  ...which,
  level: Level,
  /** At how many places along the reference's accuracies the line is given, from the lowest to the highest. */
  points: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10_000 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(50)),
  ),
})
type Params = typeof Params.Type

/**
 * The least-squares line of the accuracies on each set, and of W and G, on those
 * of the reference, with its confidence band (Student's t), at evenly spaced
 * places. Accuracies are in 0..1, the band is not cut to that.
 *
 * Errors: as `aggregate`.
 *
 * @example
 * regressions(scores, { reference: "validation" })
 */
export const regressions = whole("regressions", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Regressions,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const grid = yield* read(scores, params)
    const x = grid.reference.values
    const [low, high] = [
      x.reduce((least, value) => Math.min(least, value), 1),
      x.reduce((most, value) => Math.max(most, value), 0),
    ]
    const places = Array.from({ length: params.points }, (_, i) => low + ((high - low) * i) / (params.points - 1))
    const columns = [...grid.others.map(({ set, values }) => ({ name: set, values })), ...aggregates(grid)]
    const rows = columns.flatMap(({ name, values }) =>
      line(x, values, params.level, places).map((fit) => ({ set: name, ...fit })),
    )
    return {
      set: rows.map(({ set }) => set),
      x: Float64Array.from(rows, ({ x }) => x),
      fit: Float64Array.from(rows, ({ fit }) => fit),
      low: Float64Array.from(rows, ({ low }) => low),
      high: Float64Array.from(rows, ({ high }) => high),
    }
  }),
})
