/** How often intervals over sets hold the truth, on benchmarks that are made up so that it is known. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { random } from "../../stages/random.ts"
import { aggregateIntervals } from "../../stages/statistics/aggregateIntervals.ts"
import { effects } from "../../stages/statistics/effects.ts"
import { replicates } from "../../stages/statistics/replicates.ts"
import { Outcomes, Replicates } from "../../stages/statistics/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

const benchmarks = 2000

/** Images of each set and the accuracies of two models; the second set relabels the images of the first. */
const sets = {
  reference: { images: 10, of: "reference", right: [0.5, 0.5] },
  plain: { images: 300, of: "plain", right: [0.72, 0.66] },
  relabelled: { images: 240, of: "plain", right: [0.8, 0.74] },
  other: { images: 200, of: "other", right: [0.42, 0.36] },
} as const

const models = ["a", "b"] as const

/** Outcomes of a benchmark: mostly both models, and both sets of an image, are right or wrong together. */
const benchmark = (seed: number) => {
  const { chance, next } = random(`benchmark ${seed}`)
  const hardness = new Map<string, number>()
  const cells = Object.entries(sets).flatMap(([set, { images, of, right }]) =>
    models.map((model, at) => {
      const id = Array.from({ length: images }, (_, i) => `${of}/${i}`)
      const hit = Int32Array.from(id, (name) => {
        const own = hardness.get(name) ?? next()
        hardness.set(name, own)
        return (chance(0.7) ? own : next()) < (right[at] ?? 0) ? 1 : 0
      })
      return { cell: [model, set] as const, outcomes: readerOf(Outcomes, { id, hit }) }
    }),
  )
  return { cells: cells.map(({ cell }) => cell), outcomes: cells.map(({ outcomes }) => outcomes) }
}

const others = [sets.plain, sets.relabelled, sets.other]
const truth = models.map((_, at) => {
  const total = others.reduce((sum, { images }) => sum + images, 0)
  return {
    weighted: others.reduce((sum, { images, right }) => sum + images * right[at === 0 ? 0 : 1], 0) / total,
    geometric: others.reduce((product, { right }) => product * right[at === 0 ? 0 : 1], 1) ** (1 / others.length),
  }
})

/** What is said of one benchmark: the aggregates, and the lead of a over b, which is .06 on every set. */
const intervalsOf = Effect.fnUntraced(function* (seed: number) {
  const { cells, outcomes } = benchmark(seed)
  const drawn = yield* runWhole(replicates, { outcomes }, { cells, resamples: 1000, seed })
  return {
    aggregates: yield* runWhole(aggregateIntervals, { replicates: readerOf(Replicates, drawn) }),
    lead: yield* runWhole(effects, { outcomes }, { cells }),
  }
}, Effect.scoped)

describe("intervals over sets", () => {
  it.effect(
    `hold the truth in 93 to 97 of 100 of ${benchmarks} benchmarks, images shared by two sets`,
    () =>
      Effect.gen(function* () {
        const held = { weighted: 0, geometric: 0, fixed: 0 }
        for (let seed = 0; seed < benchmarks; seed++) {
          const { aggregates, lead } = yield* intervalsOf(seed)
          for (const [row, aggregate] of aggregates.aggregate.entries()) {
            if (aggregate !== "weighted" && aggregate !== "geometric") continue
            const value = truth[aggregates.model[row] === "a" ? 0 : 1]?.[aggregate] ?? Number.NaN
            if ((aggregates.low[row] ?? 1) <= value && value <= (aggregates.high[row] ?? 0)) held[aggregate]++
          }
          if ((lead.low[0] ?? 1) <= 0.06 && (lead.high[0] ?? 0) >= 0.06) held.fixed++
        }
        const shares = [held.weighted / 2, held.geometric / 2, held.fixed].map((count) => count / benchmarks)
        for (const share of shares) {
          expect(share, `coverage ${shares.join(", ")}`).toBeGreaterThan(0.93)
          expect(share, `coverage ${shares.join(", ")}`).toBeLessThan(0.97)
        }
        console.log(`coverage of W, G and fixed effects at 95%: ${shares.join(", ")}`)
      }).pipe(Effect.provide(services())),
    600_000,
  )
})
