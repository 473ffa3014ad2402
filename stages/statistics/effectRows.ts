import type { Batch } from "../../src/arrow/Table.ts"
import { combine } from "./metaAnalysis.ts"
import type { Effects } from "./tables.ts"

/** How two models differ on each set, and the covariance of these differences, `[sets][sets]`. */
export interface Differences {
  readonly values: ReadonlyArray<number>
  readonly covariance: ReadonlyArray<ReadonlyArray<number>>
}

/** Rows of `Effects`: of each pair of models `fixed`, then `random`. */
export const effectRows = (
  models: ReadonlyArray<string>,
  pairs: ReadonlyArray<readonly [a: number, b: number]>,
  level: number,
  differences: (a: number, b: number) => Differences,
): Batch<typeof Effects> => {
  const rows = pairs.flatMap(([a, b]) => {
    const { covariance, values } = differences(a, b)
    const combined = combine(values, covariance, level)
    if (combined === undefined) return []
    const names = { a: models[a] ?? "", b: models[b] ?? "", sets: values.length }
    return [
      { ...names, method: "fixed", ...combined.fixed },
      { ...names, method: "random", ...combined.random },
    ]
  })
  return {
    a: rows.map(({ a }) => a),
    b: rows.map(({ b }) => b),
    method: rows.map(({ method }) => method),
    estimate: Float64Array.from(rows, ({ estimate }) => estimate),
    low: Float64Array.from(rows, ({ low }) => low),
    high: Float64Array.from(rows, ({ high }) => high),
    p: Float64Array.from(rows, ({ p }) => p),
    tau2: Float64Array.from(rows, ({ tau2 }) => tau2),
    q: Float64Array.from(rows, ({ q }) => q),
    i2: Float64Array.from(rows, ({ i2 }) => i2),
    sets: Int32Array.from(rows, ({ sets }) => sets),
  }
}
