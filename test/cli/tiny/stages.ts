/** Three small stages: numbers, row by row a multiple of them, and a leaderboard of the sums. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RowError, Stage, Table } from "../../../src/index.ts"
import { Leaderboard } from "../../../stages/tables.ts"

export const Numbers = Table.rows("numbers", { id: "utf8", value: "float64" })

/** The numbers from 1 to `count`. */
export const numbers = Stage.whole("numbers", {
  module: import.meta,
  params: Schema.Struct({ count: Schema.Int }),
  inputs: {},
  output: Numbers,
  run: (_, { count }) =>
    Effect.succeed({
      id: Array.from({ length: count }, (_, at) => `n${at + 1}`),
      value: Float64Array.from({ length: count }, (_, at) => at + 1),
    }),
})

/** Each number times `by`; slowly, if `millis` says so, and failing at one id, if `failAt` does. */
export const times = Stage.each("times", {
  module: import.meta,
  params: Schema.Struct({
    by: Schema.Finite,
    failAt: Schema.optionalKey(Schema.String),
    millis: Schema.optionalKey(Schema.Int),
  }),
  inputs: { numbers: Numbers },
  output: Numbers,
  over: "numbers",
  label: ({ by }) => `x${by}`,
  open: (_, { by, failAt, millis = 0 }) =>
    Effect.succeed(({ id, value }) =>
      id === failAt
        ? Effect.fail(new RowError({ reason: "this number is bad", file: `numbers/${id}.txt` }))
        : Effect.delay(Effect.succeed({ id, value: value * by }), millis),
    ),
})

/** A leaderboard on which each input is a model, its sum divided by 100 its score on the set `all`. */
export const board = Stage.whole("board", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { models: Stage.many(Numbers) },
  output: Leaderboard,
  run: ({ models }) =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(models, (model) => model.all)
      const scores = all.map(({ value }) => value.reduce((sum, n) => sum + n, 0) / 100)
      const ranks = scores.map((score) => 1 + scores.filter((other) => other > score).length)
      return {
        model: scores.map((_, at) => `model ${at + 1}`),
        column: scores.map(() => "all"),
        kind: scores.map(() => "set"),
        unit: scores.map(() => "share"),
        value: Float64Array.from(scores),
        rank: Int32Array.from(ranks),
        change: Int32Array.from(ranks, () => 0),
        images: Int32Array.from(all, ({ id }) => id.length),
        skipped: Int32Array.from(ranks, () => 0),
      }
    }),
})
