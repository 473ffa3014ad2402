import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { spearman, tauB } from "../statistics/correlation.ts"
import { Level } from "../statistics/params.ts"
import { Scores } from "../tables.ts"
import { ClassAgreement } from "./tables.ts"

const Params = Schema.Struct({ level: Level })
type Params = typeof Params.Type

const measures = [
  { measure: "spearman", of: spearman },
  { measure: "tau-b", of: tauB },
] as const

/**
 * Whether hard classes stay hard (appendix A.6 of Cole et al. 2022): Spearman's
 * ρ and Kendall's τ_b of the class accuracies of every two models on each set.
 * 1 says that the order of the classes is the same for both, 0 that the one says
 * nothing about the other.
 *
 * The accuracies are those of `score` with `per-class` among its metrics; only
 * classes that both models have are compared. It is an error where no set has
 * two models with scores by class.
 *
 * @example
 * classAgreement(scores) // where score(…, { …, metrics: ["top1", "per-class"] })
 */
export const classAgreement = whole("classAgreement", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: ClassAgreement,
  run: Effect.fnUntraced(function* ({ scores }, { level }: Params) {
    const sets = new Map<string, Map<string, Map<number, number>>>()
    for (const reader of scores) {
      yield* Stream.runForEach(reader.batches, (batch) =>
        Effect.sync(() => {
          for (const [row, model] of batch.model.entries()) {
            const label = batch.class[row] ?? -1
            if (label < 0 || batch.metric[row] !== "top1") continue
            const set = batch.set[row] ?? ""
            const models = sets.get(set) ?? new Map<string, Map<number, number>>()
            const classes = models.get(model) ?? new Map<number, number>()
            sets.set(set, models.set(model, classes.set(label, batch.value[row] ?? Number.NaN)))
          }
        }),
      )
    }
    const rows = [...sets].flatMap(([set, models]) =>
      measures.flatMap(({ measure, of }) =>
        [...models].flatMap(([a, left], at) =>
          [...models].slice(at + 1).map(([b, right]) => {
            const both = [...left].flatMap(([label, value]) => {
              const other = right.get(label)
              return other === undefined ? [] : [[value, other] as const]
            })
            const [x, y] = [both.map(([value]) => value), both.map(([, value]) => value)]
            return { set, measure, a, b, n: both.length, ...of(x, y, level) }
          }),
        ),
      ),
    )
    if (rows.length === 0) {
      return yield* new StageError({
        message: "no set has two models with scores by class",
        hint: 'score with `metrics: ["top1", "per-class"]`, two models or more on a set',
      })
    }
    return {
      set: rows.map(({ set }) => set),
      measure: rows.map(({ measure }) => measure),
      a: rows.map(({ a }) => a),
      b: rows.map(({ b }) => b),
      value: Float64Array.from(rows, ({ value }) => value),
      low: Float64Array.from(rows, ({ low }) => low),
      high: Float64Array.from(rows, ({ high }) => high),
      p: Float64Array.from(rows, ({ p }) => p),
      n: Int32Array.from(rows, ({ n }) => n),
    }
  }),
})
