import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { averageRanks, pearson, spearman, tauB } from "../../../stages/statistics/correlation.ts"
import { line } from "../../../stages/statistics/line.ts"
import { scipy } from "../../peers/overSets.ts"
import { near } from "./near.ts"

const { level } = scipy
const measures = [pearson, spearman, tauB]

describe("correlation", () => {
  for (const peer of scipy.pairs) {
    it(`${peer.name}: as scipy ${scipy.scipy}`, () => {
      const found = pearson(peer.x, peer.y, level)
      near(found.value, peer.pearson.value, "r")
      near(found.low, peer.pearson.low, "low")
      near(found.high, peer.pearson.high, "high")
      near(found.p, peer.pearson.p, "p of r")
      const rho = spearman(peer.x, peer.y, level)
      near(rho.value, peer.spearman.value, "rho")
      near(rho.p, peer.spearman.p, "p of rho")
      const tau = tauB(peer.x, peer.y, level)
      near(tau.value, peer["tau-b"].value, "tau")
      near(tau.p, peer["tau-b"].p, "p of tau")
    })
  }

  it("of fewer than two values, or of a constant, nothing is defined", () => {
    for (const measure of measures) {
      for (const [x, y] of [
        [[], []],
        [[0.5], [0.7]],
        [
          [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
          [1, 2, 3, 4, 5, 6],
        ],
      ] as const) {
        expect(measure(x, y, level)).toEqual({ value: Number.NaN, low: Number.NaN, high: Number.NaN, p: Number.NaN })
      }
    }
  })

  it("intervals hold the value, are wider at a higher level, and are not defined for too few values", () => {
    const x = [1, 5, 2, 8, 4, 9, 3, 7]
    const y = [2, 3, 1, 9, 5, 6, 4, 8]
    for (const measure of measures) {
      const [narrow, wide] = [measure(x, y, 0.8), measure(x, y, 0.99)]
      expect([wide.low, narrow.low, narrow.value, narrow.high, wide.high]).toEqual(
        [wide.low, narrow.low, narrow.value, narrow.high, wide.high].toSorted((a, b) => a - b),
      )
      expect(measure(x.slice(0, 3), y.slice(0, 3), 0.95).low).toBeNaN()
    }
    expect(tauB(x.slice(0, 4), y.slice(0, 4), 0.95).low).toBeNaN()
  })

  it("the intervals of rho and tau are those of Bonett and Wright, and of Fieller", () => {
    const { high, value } = spearman([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 5, 7, 6], 0.95)
    expect(high).toBeCloseTo(Math.tanh(Math.atanh(value) + 1.959964 * Math.sqrt((1 + value ** 2 / 2) / 4)), 6)
    const tau = tauB([1, 2, 3, 4, 5, 6, 7], [2, 1, 4, 3, 5, 7, 6], 0.95)
    expect(tau.low).toBeCloseTo(Math.tanh(Math.atanh(tau.value) - 1.959964 * Math.sqrt(0.437 / 3)), 6)
  })

  const Values = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 })))
  it.prop("ranks of equal values are equal, and all add up", { values: Values }, ({ values }) => {
    const ranks = averageRanks(values)
    expect(ranks.reduce((total, rank) => total + rank, 0)).toBeCloseTo((values.length * (values.length + 1)) / 2, 9)
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) expect(Math.sign((ranks[i] ?? 0) - (ranks[j] ?? 0))).toBe(Math.sign(a - b))
    }
  })
})

describe("line", () => {
  for (const peer of scipy.pairs) {
    const { line: fitted } = peer
    if (fitted === null) continue
    it(`${peer.name}: as scipy ${scipy.scipy}`, () => {
      const places = fitted.map(({ x }) => x)
      for (const [at, found] of line(peer.x, peer.y, level, places).entries()) {
        const { fit = 0, half = 0 } = fitted[at] ?? {}
        expect(found.fit).toBeCloseTo(fit, 9)
        // Residuals of points on a line are nothing but rounding.
        expect(found.high - found.fit).toBeCloseTo(half, 6)
        expect(found.fit - found.low).toBeCloseTo(half, 6)
      }
    })
  }

  it("a constant x has no line, two points have no band", () => {
    expect(line([1, 1, 1], [1, 2, 3], level, [1])[0]?.fit).toBeNaN()
    const [two] = line([1, 2], [1, 3], level, [1.5])
    expect(two?.fit).toBeCloseTo(2, 12)
    expect(two?.low).toBeNaN()
  })
})
