import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Batch } from "../../../src/arrow/Table.ts"
import { geometricMean, weightedAverage } from "../../../stages/averages.ts"
import { random } from "../../../stages/random.ts"
import { aggregateIntervals } from "../../../stages/statistics/aggregateIntervals.ts"
import { aggregateRankProbabilities } from "../../../stages/statistics/aggregateRankProbabilities.ts"
import { precisionWeighted } from "../../../stages/statistics/averaging.ts"
import { publishedReplicates } from "../../../stages/statistics/publishedReplicates.ts"
import { replicates } from "../../../stages/statistics/replicates.ts"
import { Replicates } from "../../../stages/statistics/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"
import { metafor } from "../../peers/overSets.ts"
import { Scores } from "../../../stages/tables.ts"
import { outcomesOf, scoresOf, tableTwo } from "./given.ts"
import { near } from "./near.ts"

type Hits = Parameters<typeof outcomesOf>[0]

const drawn = (
  hits: Hits,
  params: Readonly<Record<string, unknown>> = {},
  ids: Readonly<Record<string, string>> = {},
) => {
  const { cells, outcomes } = outcomesOf(hits, ids)
  return runWhole(replicates, { outcomes }, { cells, resamples: 2000, ...params }).pipe(
    Effect.scoped,
    Effect.provide(services()),
  )
}

const published = (scores: ReadonlyArray<ReturnType<typeof scoresOf>>, params: unknown = {}) =>
  runWhole(publishedReplicates, { scores }, params).pipe(Effect.scoped, Effect.provide(services()))

const rowOf = (made: Batch<typeof Replicates>, model: string, aggregate: string) => {
  const row = made.model.findIndex((name, at) => name === model && made.aggregate[at] === aggregate)
  return { value: made.value[row] ?? Number.NaN, list: [...(made.replicates[row] ?? [])] }
}

const mean = (list: ReadonlyArray<number>) => list.reduce((sum, value) => sum + value, 0) / list.length
const deviation = (list: ReadonlyArray<number>) => Math.sqrt(mean(list.map((value) => (value - mean(list)) ** 2)))

/** Some letters, 1 with a probability. */
const letters = (name: string, count: number, p: number) => {
  const { chance } = random(name)
  return Array.from({ length: count }, () => (chance(p) ? "1" : "0")).join("")
}

describe("replicates", () => {
  it.effect("have W, G and the precision-weighted mean of each model over the sets other than the reference", () =>
    Effect.gen(function* () {
      const hits = {
        ref: { a: "1100", b: "1000" },
        x: { a: "1110", b: "0011" },
        y: { a: "1000000000", b: "1111100000" },
      }
      const made = yield* drawn(hits)
      expect(made.model).toEqual(["a", "a", "a", "b", "b", "b"])
      const cells = [
        { value: 0.75, images: 4, weight: 4 },
        { value: 0.1, images: 10, weight: 10 },
      ]
      expect(rowOf(made, "a", "weighted").value).toBeCloseTo(weightedAverage(cells), 12)
      expect(rowOf(made, "a", "geometric").value).toBeCloseTo(geometricMean([0.75, 0.1]), 12)
      expect(rowOf(made, "a", "precision").value).toBeCloseTo(precisionWeighted(cells).value, 12)
      expect(made.replicates.map((list) => list.length)).toEqual([2000, 2000, 2000, 2000, 2000, 2000])
      const weighted = yield* drawn(hits, { weights: { x: 30 }, reference: "y" })
      expect(rowOf(weighted, "a", "weighted").value).toBeCloseTo((0.5 * 4 + 0.75 * 30) / 34, 12)
    }),
  )

  it.effect("vary around the aggregates as sampling theory says", () =>
    Effect.gen(function* () {
      const x = letters("x", 400, 0.7)
      const y = letters("y", 1600, 0.3)
      const made = yield* drawn({ ref: { a: "10" }, x: { a: x }, y: { a: y } })
      const share = (text: string) => [...text].filter((letter) => letter === "1").length / text.length
      const variance = (text: string) => (share(text) * (1 - share(text))) / text.length
      const weighted = rowOf(made, "a", "weighted")
      expect(mean(weighted.list)).toBeCloseTo(weighted.value, 2)
      const error = Math.sqrt(0.2 ** 2 * variance(x) + 0.8 ** 2 * variance(y))
      expect(deviation(weighted.list) / error).toBeCloseTo(1, 1)
      const geometric = rowOf(made, "a", "geometric")
      // To first order the variance of ln G is the mean of those of ln A, over the number of sets.
      const relative = Math.sqrt(variance(x) / share(x) ** 2 + variance(y) / share(y) ** 2) / 2
      expect(deviation(geometric.list.map(Math.log)) / relative).toBeCloseTo(1, 1)
    }),
  )

  it.effect("images that two sets share are drawn together", () =>
    Effect.gen(function* () {
      const hits = letters("shared", 200, 0.5)
      const inverse = [...hits].map((letter) => (letter === "1" ? "0" : "1")).join("")
      // What one set gains the other loses: W of the two is 1/2 on every draw, where the images are the same.
      const sets = { ref: { a: "10" }, x: { a: hits }, y: { a: inverse } }
      const together = rowOf(yield* drawn(sets, {}, { x: "same", y: "same" }), "a", "weighted")
      expect(deviation(together.list)).toBeLessThan(1e-6)
      const apart = rowOf(yield* drawn(sets), "a", "weighted")
      expect(deviation(apart.list)).toBeCloseTo(Math.sqrt(0.25 / 400), 2)
    }),
  )

  it.effect("all models are judged on the same draw", () =>
    Effect.gen(function* () {
      const hits = letters("paired", 300, 0.4)
      const made = yield* drawn({ ref: { a: "10", b: "10" }, x: { a: hits, b: hits } })
      for (const aggregate of ["weighted", "geometric", "precision"]) {
        expect(rowOf(made, "a", aggregate).list).toEqual(rowOf(made, "b", aggregate).list)
      }
    }),
  )

  it.effect("G is 0 where a set has no hit", () =>
    Effect.gen(function* () {
      const made = yield* drawn({ ref: { a: "10" }, x: { a: "0000" }, y: { a: "1111" } })
      expect(new Set(rowOf(made, "a", "geometric").list)).toEqual(new Set([0]))
      expect(rowOf(made, "a", "weighted").list.every((value) => value === 0.5)).toBe(true)
      expect(rowOf(made, "a", "precision").list.every((value) => value > 0 && value < 1)).toBe(true)
    }),
  )

  it.effect("a seed decides every draw", () =>
    Effect.gen(function* () {
      const hits = { ref: { a: "10" }, x: { a: letters("seed", 50, 0.5) } }
      expect(yield* drawn(hits)).toEqual(yield* drawn(hits))
      expect(yield* drawn(hits, { seed: 1 })).not.toEqual(yield* drawn(hits))
    }),
  )

  const wrong = (name: string, hits: Hits, params: Readonly<Record<string, unknown>>, says: RegExp) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(drawn(hits, params))
        expect(error._tag).toBe("StageError")
        expect(error.message).toMatch(says)
      }),
    )

  wrong("an unknown reference is an error", { x: { a: "1" } }, { reference: "ref" }, /no set "ref"; the sets are x/u)
  wrong("an unknown weight is an error", { x: { a: "1" }, y: { a: "1" } }, { weights: { z: 1 } }, /no set "z"/u)
  wrong("the reference alone is an error", { x: { a: "1" } }, {}, /no set beside the reference/u)
  wrong("no outcomes are an error", {}, {}, /no outcomes/u)
  wrong(
    "a model that is not judged on every set is an error that names both",
    { x: { a: "1", b: "1" }, y: { a: "1" } },
    {},
    /on "x" the models are "a", "b", on "y" "a"/u,
  )
})

describe("publishedReplicates", () => {
  it.effect("vary as binomial counts do, each model by itself", () =>
    Effect.gen(function* () {
      const scores = [scoresOf({ a: { ref: 0.1, x: 0.3 }, b: { ref: 0.1, x: 0.3 } }, { x: 500 })]
      const made = yield* published(scores)
      const [a, b] = [rowOf(made, "a", "weighted"), rowOf(made, "b", "weighted")]
      expect(a.list.length).toBe(10_000)
      expect(mean(a.list)).toBeCloseTo(0.3, 3)
      expect(deviation(a.list) / Math.sqrt((0.3 * 0.7) / 500)).toBeCloseTo(1, 1)
      const difference = a.list.map((value, at) => value - (b.list[at] ?? 0))
      expect(deviation(difference) / Math.sqrt((2 * 0.3 * 0.7) / 500)).toBeCloseTo(1, 1)
    }),
  )

  it.effect("the precision-weighted means of Table II put OBoW first", () =>
    Effect.gen(function* () {
      const [given] = yield* tableTwo
      const all = given === undefined ? undefined : yield* given.all
      if (all === undefined) return
      const means = (images: Int32Array) =>
        Effect.map(
          published([readerOf(Scores, { ...all, images })], { reference: "Validation", resamples: 100 }),
          (made) => ({
            of: (model: string) => rowOf(made, model, "precision").value,
          }),
        )
      const asPrinted = yield* means(all.images)
      for (const { estimate, model } of metafor.precision) near(asPrinted.of(model), estimate, model)
      // ReaL leaves out images without a label: 46,837 count.
      const labelled = yield* means(all.images.map((count, row) => (all.set[row] === "ReaL" ? 46_837 : count)))
      const percent = ["OBoW", "MoCo", "Swav", "DINO"].map((model) => (labelled.of(model) * 100).toFixed(1))
      expect(percent).toEqual(["33.4", "32.7", "32.1", "31.9"])
      expect(all.model.every((model) => labelled.of(model) <= labelled.of("OBoW"))).toBe(true)
    }),
  )
})

describe("precisionWeighted", () => {
  it.effect(`agrees with metafor ${metafor.metafor}`, () =>
    Effect.gen(function* () {
      const scores = (yield* tableTwo)[0]
      const all = scores === undefined ? undefined : yield* scores.all
      for (const { error, estimate, model } of metafor.precision) {
        const cells = (all?.model ?? []).flatMap((name, row) =>
          name === model && all?.set[row] !== "Validation"
            ? [{ value: all?.value[row] ?? 0, images: all?.images[row] ?? 0 }]
            : [],
        )
        const found = precisionWeighted(cells)
        near(found.value, estimate, model)
        near(found.error, error, model)
      }
    }),
  )

  it("an accuracy of 0 or 1 counts as half an image from it", () => {
    const cells = [
      { value: 0, images: 99 },
      { value: 0.5, images: 100 },
    ]
    const [p, w, v] = [0.005, 99 / (0.005 * 0.995), 400]
    expect(precisionWeighted(cells).value).toBeCloseTo((p * w + 0.5 * v) / (w + v), 12)
    expect(precisionWeighted([]).value).toBeNaN()
  })
})

const replicatesOf = (lists: Readonly<Record<string, ReadonlyArray<number>>>) =>
  readerOf(Replicates, {
    model: Object.keys(lists),
    aggregate: Object.keys(lists).map(() => "weighted"),
    value: Float64Array.from(Object.values(lists), (list) => list[0] ?? 0),
    replicates: Object.values(lists).map((list) => Float32Array.from(list)),
  })

describe("aggregateIntervals", () => {
  it.effect("are percentiles of the replicates, between neighbours by linear interpolation", () =>
    Effect.gen(function* () {
      const input = { replicates: replicatesOf({ a: Array.from({ length: 101 }, (_, i) => 100 - i) }) }
      const made = yield* runWhole(aggregateIntervals, input, { level: 0.9 }).pipe(Effect.provide(services()))
      expect(made).toMatchObject({ model: ["a"], aggregate: ["weighted"] })
      expect([made.low[0], made.high[0], made.value[0], made.level[0]]).toEqual([
        expect.closeTo(5, 9),
        expect.closeTo(95, 9),
        100,
        0.9,
      ])
    }),
  )
})

describe("aggregateRankProbabilities", () => {
  it.effect("count ranks over draws, equal values sharing the best", () =>
    Effect.gen(function* () {
      const input = {
        replicates: replicatesOf({ a: [0.3, 0.2, 0.1, 0.5], b: [0.1, 0.2, 0.3, 0.4], c: [0, 0.1, 0.3, 0.5] }),
      }
      const made = yield* runWhole(aggregateRankProbabilities, input).pipe(Effect.scoped, Effect.provide(services()))
      const rows = made.model.map((model, row) => [
        made.source[row],
        made.set[row],
        model,
        made.rank[row],
        made.probability[row],
      ])
      expect(rows).toEqual([
        ["bootstrap", "weighted", "a", 1, 0.75],
        ["bootstrap", "weighted", "a", 3, 0.25],
        ["bootstrap", "weighted", "b", 1, 0.5],
        ["bootstrap", "weighted", "b", 2, 0.25],
        ["bootstrap", "weighted", "b", 3, 0.25],
        ["bootstrap", "weighted", "c", 1, 0.5],
        ["bootstrap", "weighted", "c", 3, 0.5],
      ])
    }),
  )
})
