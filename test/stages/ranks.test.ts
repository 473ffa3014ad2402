import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { geometricMean, weightedAverage } from "../../stages/averages.ts"
import { ranks } from "../../stages/ranks.ts"

const Accuracy = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const Accuracies = Schema.NonEmptyArray(Accuracy)
const Weight = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))
const Sets = Schema.NonEmptyArray(Schema.Struct({ value: Accuracy, weight: Weight }))
/** Few different values, so that ties are common. */
const Coarse = Schema.NonEmptyArray(Schema.Literals([0, 0.25, 0.5, 0.75, 1]))

/** Turns a list by some places. */
const turned = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const at = Math.abs(by) % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

describe("ranks", () => {
  it("start at 1 with the highest value", () => {
    expect(ranks([0.2, 0.9, 0.5])).toEqual([3, 1, 2])
  })

  it("equal values share the best rank, and the next follows after all of them", () => {
    expect(ranks([0.5, 0.9, 0.5, 0.1])).toEqual([2, 1, 2, 4])
    expect(ranks([1, 1, 1])).toEqual([1, 1, 1])
  })

  it("values that only look equal when rounded are not", () => {
    expect(ranks([0.42099, 0.42101])).toEqual([2, 1])
  })

  it("of nothing are nothing", () => {
    expect(ranks([])).toEqual([])
  })

  it.prop("a rank is one more than the number of higher values", [Coarse], ([values]) => {
    expect(ranks(values)).toEqual(values.map((value) => 1 + values.filter((other) => other > value).length))
  })

  it.prop("follow the values when these change places", [Coarse, Schema.Int], ([values, by]) => {
    expect(ranks(turned(values, by))).toEqual(turned(ranks(values), by))
  })

  it.prop("a higher value never has a worse rank", [Accuracies], ([values]) => {
    const places = ranks(values)
    for (const [i, a] of values.entries()) {
      for (const [j, b] of values.entries()) if (a > b) expect(places[i]).toBeLessThan(places[j] ?? 0)
    }
  })
})

describe("weighted average", () => {
  it("counts each set by its weight", () => {
    expect(
      weightedAverage([
        { value: 0.5, weight: 100 },
        { value: 0.8, weight: 300 },
      ]),
    ).toBeCloseTo(0.725, 15)
  })

  it("without sets is not a number", () => {
    expect(weightedAverage([])).toBeNaN()
  })

  it.prop("lies between the lowest and the highest value", [Sets], ([sets]) => {
    const values = sets.map(({ value }) => value)
    expect(weightedAverage(sets)).toBeGreaterThanOrEqual(Math.min(...values))
    expect(weightedAverage(sets)).toBeLessThanOrEqual(Math.max(...values))
  })

  it.prop("is the same to the last bit in any order of the sets", [Sets, Schema.Int], ([sets, by]) => {
    expect(weightedAverage(turned(sets, by))).toBe(weightedAverage(sets))
    expect(weightedAverage(sets.toReversed())).toBe(weightedAverage(sets))
  })

  it.prop("does not fall when a value rises", [Sets, Accuracy], ([sets, up]) => {
    const risen = sets.map((set, i) => (i === 0 ? { ...set, value: Math.max(set.value, up) } : set))
    expect(weightedAverage(risen)).toBeGreaterThanOrEqual(weightedAverage(sets) - 1e-15)
  })

  it.prop("does not change when all weights grow alike", [Sets], ([sets]) => {
    const grown = sets.map((set) => ({ ...set, weight: set.weight * 3 }))
    expect(weightedAverage(grown)).toBeCloseTo(weightedAverage(sets), 12)
  })
})

describe("geometric mean", () => {
  it("is the root of the product", () => {
    expect(geometricMean([0.2, 0.4, 0.8])).toBeCloseTo(0.4, 15)
  })

  it("is zero as soon as one value is", () => {
    expect(geometricMean([0.9, 0, 0.8])).toBe(0)
  })

  it("does not underflow", () => {
    expect(geometricMean(Array.from({ length: 400 }, () => 1e-3))).toBeCloseTo(1e-3, 15)
  })

  it("without values is not a number", () => {
    expect(geometricMean([])).toBeNaN()
  })

  it.prop("lies between the lowest and the highest value", [Accuracies], ([values]) => {
    expect(geometricMean(values)).toBeGreaterThanOrEqual(Math.min(...values))
    expect(geometricMean(values)).toBeLessThanOrEqual(Math.max(...values))
  })

  it.prop("is at most the arithmetic mean", [Accuracies], ([values]) => {
    const mean = values.reduce((total, value) => total + value, 0) / values.length
    expect(geometricMean(values)).toBeLessThanOrEqual(mean + 1e-15)
  })

  it.prop("is the same to the last bit in any order", [Accuracies, Schema.Int], ([values, by]) => {
    expect(geometricMean(turned(values, by))).toBe(geometricMean(values))
  })
})
