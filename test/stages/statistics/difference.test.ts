import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { holm, mcnemar, newcombe, pooledZ, smallestLead, tango } from "../../../stages/statistics/difference.ts"
import { bootstrapInterval, quantile, twoSided, wilson } from "../../../stages/statistics/proportion.ts"
import { statistics } from "../../peers/statistics.ts"
import { near } from "./near.ts"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 }))

describe("one accuracy", () => {
  it("Wilson's intervals are those of statsmodels", () => {
    for (const { hits, images, level, wilson: said } of statistics.proportions) {
      const { high, low } = wilson(hits / images, images, twoSided(level))
      near(low, said[0], `low of ${hits} in ${images}`)
      near(high, said[1], `high of ${hits} in ${images}`)
    }
  })

  it("bootstrap intervals are the quantiles of scipy's binomial distribution", () => {
    for (const { bootstrap, hits, images, level } of statistics.proportions) {
      expect(bootstrapInterval(hits / images, images, level)).toEqual({ low: bootstrap[0], high: bootstrap[1] })
    }
  })

  it("quantiles are those of numpy", () => {
    for (const { p, quantile: said, values } of statistics.quantiles) {
      near(quantile(Float64Array.from(values).sort(), p), said, `${p} of ${values.join()}`)
    }
  })
})

describe("two models on the same images", () => {
  it("McNemar's exact test is that of statsmodels, and scipy's binomial test", () => {
    for (const { binomial, exact, onlyA, onlyB } of statistics.tables) {
      near(mcnemar(onlyA, onlyB).exact, exact, `${onlyA} ${onlyB}`)
      near(mcnemar(onlyA, onlyB).exact, binomial, `${onlyA} ${onlyB}`)
    }
  })

  it("the mid-p test counts what is as likely as what was seen by half", () => {
    for (const { mid, onlyA, onlyB } of statistics.tables) {
      // Without any image on which they differ there is nothing to count.
      near(mcnemar(onlyA, onlyB).mid, onlyA + onlyB === 0 ? 1 : mid, `${onlyA} ${onlyB}`)
    }
  })

  it("Tango's interval is where the score test of scipy's likeliest probabilities refuses nothing", () => {
    for (const { images, onlyA, onlyB, tango: said } of statistics.tables) {
      for (const [level, [low, high]] of [[0.95, said["0.95"]] as const, [0.99, said["0.99"]] as const]) {
        const found = tango(onlyA, onlyB, images, twoSided(level))
        near(found.low, low, `low of ${onlyA} ${onlyB} ${images}`)
        near(found.high, high, `high of ${onlyA} ${onlyB} ${images}`)
      }
    }
  })

  it("Tango's interval of a published example (Fagerland, Lydersen and Laake 2014)", () => {
    const { high, low } = tango(1, 7, 21, twoSided(0.95))
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(["-0.517", "-0.026"])
  })

  it.prop(
    "the interval holds 0 just where McNemar's asymptotic test does not refuse equality",
    [Count, Count, Count],
    ([a, b, more]) => {
      const images = a + b + more + 1
      const z = twoSided(0.95)
      const statistic = a + b === 0 ? 0 : Math.abs(a - b) / Math.sqrt(a + b)
      // Not judged where both are equal but for rounding.
      if (Math.abs(statistic - z) < 1e-6) return
      const { high, low } = tango(a, b, images, z)
      expect(low <= 0 && high >= 0).toBe(statistic < z)
    },
  )

  it.prop("is the other way round for the other way round", [Count, Count, Count], ([a, b, more]) => {
    const images = a + b + more + 1
    const [one, two] = [tango(a, b, images, 1.96), tango(b, a, images, 1.96)]
    expect(one.low).toBeCloseTo(-two.high, 9)
    expect(one.high).toBeCloseTo(-two.low, 9)
    expect(mcnemar(a, b)).toEqual(mcnemar(b, a))
  })

  it.prop("the interval holds the difference, within -1 and 1", [Count, Count, Count], ([a, b, more]) => {
    const images = a + b + more + 1
    const { high, low } = tango(a, b, images, 1.96)
    const found = (a - b) / images
    expect(low).toBeLessThanOrEqual(found)
    expect(high).toBeGreaterThanOrEqual(found)
    expect(low).toBeGreaterThanOrEqual(-1)
    expect(high).toBeLessThanOrEqual(1)
  })

  it.prop("mid-p is never above the exact p-value", [Count, Count], ([a, b]) => {
    const { exact, mid } = mcnemar(a, b)
    expect(mid).toBeLessThanOrEqual(exact)
    expect(mid).toBeGreaterThan(0)
    expect(exact).toBeLessThanOrEqual(1)
  })

  it.prop("the smallest significant lead is significant, and the next smaller one is not", [Count], ([discordant]) => {
    const lead = smallestLead(discordant, 0.95)
    const p = (by: number) => mcnemar((discordant - by) / 2, (discordant + by) / 2).mid
    if (lead === undefined) expect(p(discordant)).toBeGreaterThan(0.05)
    else {
      expect(p(lead)).toBeLessThanOrEqual(0.05)
      if (lead >= 2) expect(p(lead - 2)).toBeGreaterThan(0.05)
    }
  })
})

describe("two models of which only accuracies are known", () => {
  const cell = ([hits, images]: readonly [number, number]) => {
    const accuracy = hits / images
    return { accuracy, images, ...wilson(accuracy, images, twoSided(0.95)) }
  }

  it("Newcombe's interval and the pooled z test are those of statsmodels", () => {
    for (const { a, b, newcombe: said, p } of statistics.independent) {
      const { high, low } = newcombe(cell(a), cell(b))
      near(low, said[0], `low of ${a.join()} and ${b.join()}`)
      near(high, said[1], `high of ${a.join()} and ${b.join()}`)
      near(pooledZ(cell(a), cell(b)), p, `${a.join()} and ${b.join()}`)
    }
  })
})

describe("holm", () => {
  it("adjusts as statsmodels does", () => {
    for (const { adjusted, p } of statistics.holm) {
      const got = holm(Float64Array.from(p))
      for (const [i, said] of adjusted.entries()) near(got(p[i] ?? Number.NaN), said, `${i} of ${p.join()}`)
    }
  })

  const P = Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))

  it.prop("never lowers a p-value, nor changes their order", [P], ([values]) => {
    const adjusted = holm(Float64Array.from(values))
    for (const p of values) {
      expect(adjusted(p)).toBeGreaterThanOrEqual(p)
      for (const q of values) if (p <= q) expect(adjusted(p)).toBeLessThanOrEqual(adjusted(q))
    }
  })
})
