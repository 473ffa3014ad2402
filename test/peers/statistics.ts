/** What scipy and statsmodels make of counts: `statistics.json`, made by `statistics.py`. */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"

const Interval = Schema.Tuple([Schema.Finite, Schema.Finite])
const Counts = Schema.Tuple([Schema.Finite, Schema.Finite])

const Fixture = Schema.Struct({
  versions: Schema.Struct({ scipy: Schema.String, statsmodels: Schema.String, numpy: Schema.String }),
  proportions: Schema.Array(
    Schema.Struct({
      hits: Schema.Finite,
      images: Schema.Finite,
      level: Schema.Finite,
      wilson: Interval,
      bootstrap: Interval,
    }),
  ),
  tables: Schema.Array(
    Schema.Struct({
      onlyA: Schema.Finite,
      onlyB: Schema.Finite,
      images: Schema.Finite,
      exact: Schema.Finite,
      binomial: Schema.Finite,
      mid: Schema.Finite,
      tango: Schema.Struct({ "0.95": Interval, "0.99": Interval }),
    }),
  ),
  independent: Schema.Array(Schema.Struct({ a: Counts, b: Counts, newcombe: Interval, p: Schema.Finite })),
  holm: Schema.Array(Schema.Struct({ p: Schema.Array(Schema.Finite), adjusted: Schema.Array(Schema.Finite) })),
  quantiles: Schema.Array(
    Schema.Struct({ values: Schema.Array(Schema.Finite), p: Schema.Finite, quantile: Schema.Finite }),
  ),
})

export const statistics = Schema.decodeUnknownSync(Schema.fromJsonString(Fixture))(
  readFileSync(new URL("./statistics.json", import.meta.url), "utf8"),
)
