import { describe, expect, it } from "@effect/vitest"
import { combine, diagonal } from "../../../stages/statistics/metaAnalysis.ts"
import { metafor } from "../../peers/overSets.ts"
import { near } from "./near.ts"

const figures = ["estimate", "error", "low", "high", "p", "q"] as const
const moreFigures = [...figures, "tau2", "i2"] as const

describe("metaAnalysis", () => {
  for (const [at, { effects, fixed, random, variances }] of metafor.independent.entries()) {
    it(`${at}, ${effects.length} effects: fixed and DerSimonian-Laird as metafor ${metafor.metafor}`, () => {
      const found = combine(effects, diagonal(variances), 0.95)
      for (const name of moreFigures) {
        near(found?.fixed[name] ?? 9, fixed[name], `fixed ${name}`)
        near(found?.random[name] ?? 9, random[name], `random ${name}`)
      }
    })
  }

  for (const { covariance, effects, fixed } of metafor.correlated) {
    it(`${effects.length} correlated effects: generalised least squares as metafor ${metafor.metafor}`, () => {
      const found = combine(effects, covariance, 0.95)
      for (const name of figures) near(found?.fixed[name] ?? 9, fixed[name], name)
    })
  }

  it("random effects with correlated errors solve the equation of moments", () => {
    // Under V + τ²I the expectation of Q with weights V⁻¹ is k - 1 + τ² trace(P): Q itself where τ² is estimated.
    const covariance = [
      [2, 1, 0],
      [1, 2, 0],
      [0, 0, 1],
    ]
    const found = combine([0, 6, -5], covariance, 0.95)
    // V⁻¹ = [[2, -1, 0], [-1, 2, 0], [0, 0, 3]] / 3; 1'V⁻¹ = [1, 1, 3] / 3; μ = (6 - 15) / 5 = -9/5.
    expect(found?.fixed.estimate).toBeCloseTo(-1.8, 12)
    const q = (2 * 1.8 ** 2 - 2 * 1.8 * 7.8 + 2 * 7.8 ** 2 + 3 * 3.2 ** 2) / 3
    expect(found?.fixed.q).toBeCloseTo(q, 12)
    const trace = 7 / 3 - 11 / 9 / (5 / 3)
    expect(found?.random.tau2).toBeCloseTo((q - 2) / trace, 12)
  })

  it("an effect said twice counts once", () => {
    const twice = combine(
      [0.1, 0.1, 0.3],
      [
        [1, 1, 0],
        [1, 1, 0],
        [0, 0, 1],
      ],
      0.95,
    )
    const once = combine([0.1, 0.3], diagonal([1, 1]), 0.95)
    expect(twice?.fixed.estimate).toBeCloseTo(once?.fixed.estimate ?? 9, 6)
    expect(twice?.fixed.error).toBeCloseTo(once?.fixed.error ?? 9, 6)
  })

  it("nothing to combine is nothing", () => {
    expect(combine([], [], 0.95)).toBeUndefined()
    expect(combine([1], [[0]], 0.95)).toBeUndefined()
  })
})
