import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import { friedman, kendallW, nemenyi } from "./concordance.ts"
import { pearson, spearman, tauB } from "./correlation.ts"
import { aggregates, read, which } from "./grid.ts"
import { Level } from "./params.ts"
import { Agreement } from "./tables.ts"

const Params = Schema.Struct({ ...which, level: Level })
type Params = typeof Params.Type

const measures = [
  { measure: "pearson", of: pearson },
  { measure: "spearman", of: spearman },
  { measure: "tau-b", of: tauB },
] as const

/**
 * How far scores and rankings agree. First every two of the sets and the
 * aggregates, the reference first (`n` models): Pearson's r, Spearman's ρ and
 * Kendall's τ_b with intervals after Fisher's z and two-sided p-values. Then the
 * sets other than the reference together (`n` sets), as the reference is what
 * they are held against: Kendall's W, Friedman's χ² that all models rank alike,
 * and Nemenyi's critical difference of mean ranks at `level`.
 *
 * NaN where nothing is defined: all models score the same on a set; intervals of
 * r and ρ of fewer than four models, of τ_b of fewer than five. The p-values take
 * models as a sample, which those of one table hardly are.
 *
 * Errors: as `aggregate`.
 *
 * @example
 * agreement(scores, { reference: "validation" })
 */
export const agreement = whole("agreement", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Agreement,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const grid = yield* read(scores, params)
    const columns = [
      ...[grid.reference, ...grid.others].map(({ set, values }) => ({ name: set, values })),
      ...aggregates(grid),
    ]
    const two = columns.flatMap((a, at) => columns.slice(at + 1).map((b) => ({ a, b })))
    const rankings = grid.others.map(({ values }) => values)
    const none = { a: "", b: "", low: Number.NaN, high: Number.NaN, n: rankings.length }
    const rows = [
      ...measures.flatMap(({ measure, of }) =>
        two.map(({ a, b }) => ({
          measure,
          a: a.name,
          b: b.name,
          n: grid.models.length,
          ...of(a.values, b.values, params.level),
        })),
      ),
      { measure: "kendall-w", ...none, ...kendallW(rankings) },
      { measure: "friedman", ...none, ...friedman(rankings) },
      {
        measure: "nemenyi",
        ...none,
        value: nemenyi(grid.models.length, rankings.length, params.level),
        p: Number.NaN,
      },
    ]
    return {
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
