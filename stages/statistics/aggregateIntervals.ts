import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Level } from "./params.ts"
import { quantile } from "./proportion.ts"
import { AggregateIntervals, Replicates } from "./tables.ts"

const Params = Schema.Struct({ level: Level })
type Params = typeof Params.Type

/**
 * W, G and the precision-weighted mean of each model with percentile intervals
 * (Efron 1979) from replicates, whether those of images (`replicates`) or of
 * published accuracies (`publishedReplicates`).
 */
export const aggregateIntervals = whole("aggregateIntervals", {
  module: import.meta,
  params: Params,
  inputs: { replicates: Replicates },
  output: AggregateIntervals,
  run: Effect.fnUntraced(function* ({ replicates }, { level }: Params) {
    const all = yield* replicates.all
    const ends = all.replicates.map((list) => {
      const ascending = new Float64Array(list).sort()
      return [quantile(ascending, (1 - level) / 2), quantile(ascending, (1 + level) / 2)] as const
    })
    return {
      model: all.model,
      aggregate: all.aggregate,
      value: all.value,
      low: Float64Array.from(ends, ([low]) => low),
      high: Float64Array.from(ends, ([, high]) => high),
      level: new Float64Array(ends.length).fill(level),
    }
  }),
})
