import { describe, expect, it } from "@effect/vitest"
import * as Distributions from "../../../stages/statistics/distributions.ts"
import { scipy } from "../../peers/overSets.ts"
import { near } from "./near.ts"

const { chiSquaredP, normal, normalP, normalQuantile, studentisedRangeQuantile, studentP, studentQuantile } =
  Distributions

/** Each function of all its arguments. */
const functions: Readonly<Record<string, (a: number, b: number) => number>> = {
  normal,
  normalP,
  normalQuantile,
  studentP,
  studentQuantile,
  chiSquaredP,
  studentisedRangeQuantile,
}

describe("distributions", () => {
  for (const [name, f] of Object.entries(functions)) {
    it(`${name} agrees with scipy ${scipy.scipy}`, () => {
      const cases = scipy.distributions.filter((each) => each.name === name)
      expect(cases.length).toBeGreaterThan(5)
      for (const {
        arguments: [a = 0, b = 0],
        value,
      } of cases) {
        near(f(a, b), value, `${name}(${a}, ${b})`)
      }
    })
  }

  it("quantiles outside of 0 and 1 are not defined", () => {
    for (const p of [0, 1, -1, 2, Number.NaN]) {
      expect(normalQuantile(p)).toBeNaN()
      expect(studentQuantile(p, 3)).toBeNaN()
      expect(studentisedRangeQuantile(p, 3)).toBeNaN()
    }
    expect(studentQuantile(0.9, 0)).toBeNaN()
    expect(studentisedRangeQuantile(0.9, 1)).toBeNaN()
  })

  it("NaN in, NaN out; infinite statistics are certain", () => {
    for (const f of [normal, normalP]) expect(f(Number.NaN)).toBeNaN()
    expect(studentP(Number.NaN, 3)).toBeNaN()
    expect(chiSquaredP(Number.NaN, 3)).toBeNaN()
    expect(normalP(Number.POSITIVE_INFINITY)).toBe(0)
    expect(studentP(Number.NEGATIVE_INFINITY, 3)).toBe(0)
    expect(chiSquaredP(Number.POSITIVE_INFINITY, 3)).toBe(0)
  })
})
