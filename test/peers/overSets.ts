/** What scipy and metafor make of the statistics over sets: made by `overSets.py` and `overSets.R`. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const Value = Schema.NullOr(Schema.Finite)
const Numbers = Schema.Array(Schema.Finite)

const Scipy = Schema.Struct({
  scipy: Schema.String,
  numpy: Schema.String,
  python: Schema.String,
  level: Schema.Finite,
  distributions: Schema.Array(Schema.Struct({ name: Schema.String, arguments: Numbers, value: Value })),
  pairs: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      x: Numbers,
      y: Numbers,
      pearson: Schema.Struct({ value: Value, low: Value, high: Value, p: Value }),
      spearman: Schema.Struct({ value: Value, p: Value }),
      "tau-b": Schema.Struct({ value: Value, p: Value }),
      /** The fitted line at some places, and half the width of its band. */
      line: Schema.NullOr(Schema.Array(Schema.Struct({ x: Schema.Finite, fit: Schema.Finite, half: Schema.Finite }))),
    }),
  ),
  together: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      /** `[set][model]` */
      values: Schema.Array(Numbers),
      friedman: Schema.Struct({ value: Value, p: Value }),
      kendallW: Value,
      nemenyi: Value,
    }),
  ),
})

const fields = {
  estimate: Schema.Finite,
  error: Schema.Finite,
  low: Schema.Finite,
  high: Schema.Finite,
  p: Schema.Finite,
  q: Schema.Finite,
}
const Combined = Schema.Struct({ ...fields, tau2: Schema.Finite, i2: Schema.Finite })

const Metafor = Schema.Struct({
  R: Schema.String,
  metafor: Schema.String,
  independent: Schema.Array(Schema.Struct({ effects: Numbers, variances: Numbers, fixed: Combined, random: Combined })),
  correlated: Schema.Array(
    Schema.Struct({ effects: Numbers, covariance: Schema.Array(Numbers), fixed: Schema.Struct(fields) }),
  ),
  precision: Schema.Array(Schema.Struct({ model: Schema.String, estimate: Schema.Finite, error: Schema.Finite })),
})

const read = (file: string) => readFileSync(new URL(file, import.meta.url), "utf8")

export const scipy = Schema.decodeUnknownSync(Schema.fromJsonString(Scipy))(read("./overSets.scipy.json"))
export const metafor = Schema.decodeUnknownSync(Schema.fromJsonString(Metafor))(read("./overSets.metafor.json"))
