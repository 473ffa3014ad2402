/** What verdicts stand on, read from the other statistics. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import type * as Comparison from "./Comparison.ts"
import type * as Standing from "./Standing.ts"
import type { Effects, Pairs, RankProbabilities, RankSets } from "./tables.ts"

/** Where each model stands on each set: by set, then model; and the level of these rank sets. */
export const readRanges = Effect.fnUntraced(function* (reader: Reader<typeof RankSets>) {
  const all = yield* reader.all
  const bySet = new Map<string, Map<string, Standing.Range>>()
  for (const [row, set] of all.set.entries()) {
    const ranges = bySet.get(set) ?? new Map<string, Standing.Range>()
    bySet.set(set, ranges)
    const [rank = 0, low = 0, high = 0] = [all.rank[row], all.low[row], all.high[row]]
    ranges.set(all.model[row] ?? "", { set, rank, low, high })
  }
  return { bySet, level: all.level[0] ?? Number.NaN }
})

/** Which two neighbours a row of two models is about: the place of the first in the order, and 1 or -1 where they are the other way round. */
const neighbours = (order: ReadonlyArray<string>) => {
  const places = new Map(order.map((model, at) => [model, at]))
  return (a: string | undefined, b: string | undefined): readonly [at: number, sign: 1 | -1] | undefined => {
    const [one, two] = [places.get(a ?? ""), places.get(b ?? "")]
    if (one === undefined || two === undefined || Math.abs(one - two) !== 1) return undefined
    return one < two ? [one, 1] : [two, -1]
  }
}

/** What is known of neighbours on each set, by the place of the first; other pairs are left out. */
export const readPairs = Effect.fnUntraced(function* (reader: Reader<typeof Pairs>, order: ReadonlyArray<string>) {
  const found = new Map<number, Array<Comparison.OnSet>>()
  const placeOf = neighbours(order)
  yield* Stream.runForEach(reader.batches, (batch) =>
    Effect.sync(() => {
      for (const [row, set] of batch.set.entries()) {
        const place = placeOf(batch.a[row], batch.b[row])
        if (place === undefined) continue
        const [at, sign] = place
        const difference = (batch.difference[row] ?? 0) * sign
        const on = { set, difference, p: batch.holm[row] ?? Number.NaN, paired: (batch.onlyA[row] ?? -1) >= 0 }
        found.set(at, [...(found.get(at) ?? []), on])
      }
    }),
  )
  return found
})

/** Random effects of neighbours, by the place of the first. */
export const readEffects = Effect.fnUntraced(function* (
  reader: Reader<typeof Effects> | undefined,
  order: ReadonlyArray<string>,
) {
  const found = new Map<number, Comparison.Combined>()
  if (reader === undefined) return found
  const placeOf = neighbours(order)
  yield* Stream.runForEach(reader.batches, (batch) =>
    Effect.sync(() => {
      for (const [row, method] of batch.method.entries()) {
        const place = placeOf(batch.a[row], batch.b[row])
        if (method !== "random" || place === undefined) continue
        const [at, sign] = place
        const [estimate = 0, low = 0, high = 0] = [batch.estimate[row], batch.low[row], batch.high[row]]
        const sets = batch.sets[row] ?? 0
        found.set(
          at,
          sign === 1 ? { estimate, low, high, sets } : { estimate: -estimate, low: -high, high: -low, sets },
        )
      }
    }),
  )
  return found
})

interface Choice {
  first: number | undefined
  leftOut: readonly [best: number, worst: number] | undefined
}

/** What the choice of sets does to each model, by aggregate. */
export const readChoice = Effect.fnUntraced(function* (readers: ReadonlyArray<Reader<typeof RankProbabilities>>) {
  const found = new Map<string, Choice>()
  /** Whether weights were drawn: a model that is never first then has no row. */
  let drawn = false
  for (const reader of readers) {
    yield* Stream.runForEach(reader.batches, (batch) =>
      Effect.sync(() => {
        for (const [row, source] of batch.source.entries()) {
          const key = `${batch.set[row]} ${batch.model[row]}`
          const choice = found.get(key) ?? { first: undefined, leftOut: undefined }
          const rank = batch.rank[row] ?? 0
          if (source === "dirichlet") {
            drawn = true
            if (rank === 1) choice.first = batch.probability[row] ?? 0
          } else if (source === "leave-one-out") {
            const [best, worst] = choice.leftOut ?? [rank, rank]
            choice.leftOut = [Math.min(best, rank), Math.max(worst, rank)]
          }
          found.set(key, choice)
        }
      }),
    )
  }
  return (aggregate: string, model: string): Standing.Ranks => {
    const choice = found.get(`${aggregate} ${model}`)
    return { first: choice?.first ?? (drawn ? 0 : undefined), leftOut: choice?.leftOut }
  }
})
