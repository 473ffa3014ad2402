import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { Draws } from "../../../stages/statistics/Draws.ts"
import { chiSquaredP } from "../../../stages/statistics/distributions.ts"
import { logGamma } from "../../../stages/statistics/special.ts"

/** The p-value of Pearson's test that counts come from probabilities; rare ones are taken together. */
const fit = (counts: ReadonlyMap<number, number>, n: number, probability: (k: number) => number, draws: number) => {
  let [statistic, cells, expected, observed] = [0, 0, 0, 0]
  for (let k = 0; k <= n; k++) {
    expected += probability(k) * draws
    observed += counts.get(k) ?? 0
    if (expected < 20 && k < n) continue
    statistic += expected > 0 ? (observed - expected) ** 2 / expected : 0
    cells++
    expected = 0
    observed = 0
  }
  return chiSquaredP(statistic, cells - 1)
}

const binomialAt = (n: number, p: number) => (k: number) =>
  Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p))

const tallied = (draws: number, draw: () => number) => {
  const counts = new Map<number, number>()
  for (let i = 0; i < draws; i++) {
    const k = draw()
    counts.set(k, (counts.get(k) ?? 0) + 1)
  }
  return counts
}

describe("Draws", () => {
  it("gives the same numbers for a name on every machine", () => {
    const draws = new Draws("1/train/00012")
    expect(Array.from({ length: 4 }, () => draws.word())).toEqual([3352277182, 3324170565, 483622822, 3697134344])
    expect(new Draws("1/train/00013").word()).not.toBe(new Draws("1/train/00012").word())
  })

  it("goes on for longer than what it makes at once", () => {
    const draws = new Draws("long")
    expect(new Set(Array.from({ length: 5000 }, () => draws.word())).size).toBeGreaterThan(4990)
  })

  it.each([
    [1, 0.5],
    [5, 0.1],
    [40, 0.2],
    [100, 0.03],
    [100, 0.1],
    [100, 0.5],
    [100, 0.9],
    [1000, 0.37],
    [7500, 0.02],
    [50_000, 0.75],
  ])("draws binomial counts of %d trials of probability %d", (n, p) => {
    const draws = new Draws(`binomial ${n} ${p}`)
    const counts = tallied(40_000, () => draws.binomial(n, p))
    // Fixed seeds: a right sampler stays above this for ever, a wrong one falls far below.
    expect(fit(counts, n, binomialAt(n, p), 40_000)).toBeGreaterThan(1e-3)
  })

  it("binomial counts of certain trials need no draw", () => {
    const draws = new Draws("certain")
    expect([draws.binomial(9, 0), draws.binomial(9, 1), draws.binomial(0, 0.5)]).toEqual([0, 9, 0])
  })

  it("tallies each thing equally often", () => {
    const draws = new Draws("tally")
    const kinds = Uint32Array.from([0, 0, 0, 1, 2, 2])
    const counts = new Float32Array(5)
    draws.tally(kinds, 60_000, counts, 1)
    expect(counts[0]).toBe(0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60_000)
    const found = new Map([...counts.subarray(1, 4)].map((count, k) => [k, count]))
    expect(fit(found, 2, (k) => [3 / 6, 1 / 6, 2 / 6][k] ?? 0, 60_000)).toBeGreaterThan(1e-3)
  })

  const Trials = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))
  const Probability = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

  it.prop("a binomial count is a whole number of 0 to all trials", [Trials, Probability], ([n, p]) => {
    const draws = new Draws(`${n} ${p}`)
    for (let i = 0; i < 20; i++) {
      const count = draws.binomial(n, p)
      expect(Number.isInteger(count) && count >= 0 && count <= n).toBe(true)
    }
  })
})
