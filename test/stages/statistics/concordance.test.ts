import { describe, expect, it } from "@effect/vitest"
import { friedman, kendallW, nemenyi } from "../../../stages/statistics/concordance.ts"
import { scipy } from "../../peers/overSets.ts"
import { near } from "./near.ts"

describe("concordance", () => {
  for (const peer of scipy.together) {
    it(`${peer.name}: as scipy ${scipy.scipy}`, () => {
      const chi = friedman(peer.values)
      near(chi.value, peer.friedman.value, "chi²")
      near(chi.p, peer.friedman.p, "p")
      near(kendallW(peer.values).value, peer.kendallW, "W")
      near(nemenyi(peer.values[0]?.length ?? 0, peer.values.length, scipy.level), peer.nemenyi, "critical difference")
    })
  }

  it("the critical difference of 12 models on 5 sets is 7.45", () => {
    expect(nemenyi(12, 5, 0.95)).toBeCloseTo(7.45, 2)
  })

  it("W is 1 where all sets rank alike, ties included, and 0 where rank sums are equal", () => {
    expect(
      kendallW([
        [1, 2, 2, 5],
        [3, 4, 4, 9],
      ]).value,
    ).toBeCloseTo(1, 12)
    expect(
      kendallW([
        [1, 2, 3],
        [3, 2, 1],
      ]).value,
    ).toBeCloseTo(0, 12)
  })

  it("is not defined for one set or none, for two models, or where all are tied", () => {
    expect(kendallW([[1, 2, 3]]).value).toBeNaN()
    expect(kendallW([]).value).toBeNaN()
    expect(
      friedman([
        [1, 2],
        [2, 1],
      ]).value,
    ).toBeNaN()
    expect(friedman([]).p).toBeNaN()
    expect(nemenyi(12, 0, 0.95)).toBeNaN()
    expect(nemenyi(1, 5, 0.95)).toBeNaN()
  })
})
