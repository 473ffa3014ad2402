import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { groupsOf, resample } from "../../../stages/statistics/bootstrap.ts"
import { chiSquaredP } from "../../../stages/statistics/distributions.ts"
import { patternsOf } from "../../../stages/statistics/patterns.ts"
import type { SetOutcomes } from "../../../stages/statistics/SetOutcomes.ts"
import { random } from "../../../stages/random.ts"
import { services } from "../../harness.ts"

/** A set from a string of 0 and 1 a model, an image a letter. */
const setOf = (set: string, letters: ReadonlyArray<string>, ids?: ReadonlyArray<string>): SetOutcomes => ({
  set,
  models: letters.map((_, model) => `model ${model}`),
  ids: ids ?? Array.from(letters[0] ?? "", (_, i) => `${set}/${i}`),
  hits: letters.map((row) => Uint8Array.from(row, Number)),
})

/** All resamples: `[resamples][models][sets]`. */
const resampled = Effect.fnUntraced(function* (sets: ReadonlyArray<SetOutcomes>, resamples: number, seed = 0) {
  const models = sets[0]?.models.length ?? 0
  const all: Array<ReadonlyArray<ReadonlyArray<number>>> = []
  yield* resample(sets, { resamples, seed }, ({ accuracies, rows, start }) =>
    Effect.sync(() => {
      expect(start).toBe(all.length)
      for (let row = 0; row < rows; row++) {
        const from = (model: number) => (row * models + model) * sets.length
        const of = (model: number) => [...accuracies.subarray(from(model), from(model) + sets.length)]
        all.push(Array.from({ length: models }, (_, model) => of(model)))
      }
    }),
  )
  return all
}, Effect.provide(services()))

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

const covariance = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => {
  const [meanA, meanB] = [mean(a), mean(b)]
  return mean(a.map((value, i) => (value - meanA) * ((b[i] ?? 0) - meanB)))
}

/** Images of which some are alike for many, some for one only. */
const letters = (seed: string, images: number, models: number) => {
  const { chance, next } = random(seed)
  const hard = Array.from({ length: images }, next)
  return Array.from({ length: models }, (_, model) =>
    hard.map((h) => (chance(h < 0.3 ? 0.02 : h > 0.6 ? 0.98 : 0.4 + model * 0.05) ? "1" : "0")).join(""),
  )
}

describe("patternsOf", () => {
  it("images with the same outcomes of all models are one pattern, the largest first", () => {
    const { columns, images, sizes, width } = patternsOf([setOf("a", ["11010", "11000"])])
    expect([images, width, [...sizes]]).toEqual([5, 3, [2, 2, 1]])
    expect([...columns]).toEqual([1, 1, 1, 0, 0, 1, 1, 0, 1])
  })

  it("of sets that share images, whether an image is in a set is part of its pattern", () => {
    const one = setOf("a", ["110"], ["x", "y", "z"])
    const two = setOf("b", ["01"], ["y", "x"])
    const { columns, images, sizes } = patternsOf([one, two])
    expect([images, [...sizes]]).toEqual([3, [1, 1, 1]])
    expect([...columns]).toEqual([1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0])
  })

  const Hits = Schema.Array(Schema.Array(Schema.Boolean).check(Schema.isMinLength(20), Schema.isMaxLength(20)))

  it.prop("sizes and columns give every model's hits back", [Hits], ([rows]) => {
    const set = setOf(
      "a",
      rows.map((row) => row.map((hit) => (hit ? "1" : "0")).join("")),
      Array.from({ length: 20 }, (_, i) => `${i}`),
    )
    const { columns, sizes, width } = patternsOf([set])
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(20)
    for (const [model, hits] of set.hits.entries()) {
      const sum = [...sizes].reduce((total, size, pattern) => total + size * (columns[pattern * width + model] ?? 0), 0)
      expect(sum).toBe(hits.reduce((total, hit) => total + hit, 0))
    }
  })
})

describe("groupsOf", () => {
  it("puts sets together that have an image in common, also by way of a third", () => {
    const sets = [["a", "b"], ["c"], ["d", "e"], ["b", "d"], ["f"]].map((ids, at) =>
      setOf(`${at}`, ["0".repeat(ids.length)], ids),
    )
    const groups = groupsOf(sets).map((group) => group.map(({ set }) => set))
    expect(groups).toEqual([["0", "2", "3"], ["1"], ["4"]])
  })
})

describe("resample", () => {
  it.effect("a model's hits are binomial, and models move together as their images say", () =>
    Effect.gen(function* () {
      const set = setOf("a", letters("paired", 200, 3))
      const all = yield* resampled([set], 20_000)
      const p = set.hits.map((hits) => mean([...hits]))
      const of = (model: number) => all.map((row) => row[model]?.[0] ?? Number.NaN)
      for (const [a, hitsA] of set.hits.entries()) {
        expect(Math.abs(mean(of(a)) - (p[a] ?? 0))).toBeLessThan(4 * Math.sqrt(0.25 / 200 / 20_000))
        for (const [b, hitsB] of set.hits.entries()) {
          const both = mean(Array.from(hitsA, (hit, i) => hit * (hitsB[i] ?? 0)))
          const said = (both - (p[a] ?? 0) * (p[b] ?? 0)) / 200
          expect(Math.abs(covariance(of(a), of(b)) / said - 1)).toBeLessThan(0.06)
        }
      }
    }),
  )

  it.effect("the counts of large and of small patterns are jointly multinomial", () =>
    Effect.gen(function* () {
      // Patterns of 25, 3 and 2 images: the first is drawn at once, the others image by image.
      const set = setOf("a", [`${"1".repeat(25)}00000`, `${"0".repeat(25)}11100`])
      const draws = 30_000
      const all = yield* resampled([set], draws)
      const counts = new Map<string, number>()
      for (const [first = [], second = []] of all) {
        const key = `${Math.round((first[0] ?? 0) * 30)},${Math.round((second[0] ?? 0) * 30)}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      const logs = [0]
      for (let k = 1; k <= 30; k++) logs.push((logs[k - 1] ?? 0) + Math.log(k))
      const log = (k: number) => logs[k] ?? 0
      let [statistic, cells, rest, seen] = [0, 0, 0, 0]
      for (let a = 0; a <= 30; a++) {
        for (let b = 0; a + b <= 30; b++) {
          const c = 30 - a - b
          const expected =
            draws *
            Math.exp(
              log(30) - log(a) - log(b) - log(c) + a * Math.log(25 / 30) + b * Math.log(0.1) + c * Math.log(2 / 30),
            )
          const observed = counts.get(`${a},${b}`) ?? 0
          if (expected < 10) {
            rest += expected
            seen += observed
            continue
          }
          statistic += (observed - expected) ** 2 / expected
          cells++
        }
      }
      statistic += (seen - rest) ** 2 / rest
      expect(chiSquaredP(statistic, cells)).toBeGreaterThan(1e-3)
    }),
  )

  it.effect("images that two sets share are drawn together, those of others apart", () =>
    Effect.gen(function* () {
      const [first = ""] = letters("shared", 300, 1)
      const ids = Array.from(first, (_, i) => `val/${i}`)
      const validation = setOf("validation", [first], ids)
      // Other labels: the same image is mostly right in both; some images are left out.
      const { chance } = random("other labels")
      const relabelled = Array.from(first, (hit) => (chance(0.9) ? hit : hit === "1" ? "0" : "1"))
      const kept = ids.map((_, i) => i % 10 !== 3)
      const real = setOf(
        "real",
        [relabelled.filter((_, i) => kept[i]).join("")],
        ids.filter((_, i) => kept[i]).toReversed(),
      )
      const reversed = { ...real, hits: real.hits.map((hits) => hits.toReversed()) }
      const other = setOf("other", [first])
      const all = yield* resampled([validation, reversed, other], 20_000)
      const of = (set: number) => all.map((row) => row[0]?.[set] ?? Number.NaN)
      const correlation = (a: number, b: number) =>
        covariance(of(a), of(b)) / Math.sqrt(covariance(of(a), of(a)) * covariance(of(b), of(b)))
      // What the delta method says of the shared images.
      const p = mean(Array.from(first, Number))
      const q = mean(relabelled.filter((_, i) => kept[i]).map(Number))
      const shared = mean(ids.map((_, i) => (Number(first[i]) - p) * (kept[i] ? (Number(relabelled[i]) - q) / 0.9 : 0)))
      const variance = mean(ids.map((_, i) => (kept[i] ? ((Number(relabelled[i]) - q) / 0.9) ** 2 : 0)))
      expect(Math.abs(correlation(0, 1) - shared / Math.sqrt(p * (1 - p) * variance))).toBeLessThan(0.03)
      expect(correlation(0, 1)).toBeGreaterThan(0.7)
      expect(Math.abs(correlation(0, 2))).toBeLessThan(0.03)
      expect(Math.abs(mean(of(1)) - q)).toBeLessThan(0.002)
    }),
  )

  it.effect("the same seed gives the same resamples, another one others", () =>
    Effect.gen(function* () {
      const sets = [setOf("a", letters("a", 150, 2)), setOf("b", letters("b", 80, 2))]
      const [one, two, three] = [
        yield* resampled(sets, 200),
        yield* resampled(sets, 200),
        yield* resampled(sets, 200, 1),
      ]
      expect(one).toEqual(two)
      expect(one).not.toEqual(three)
      // The first resamples do not depend on how many follow, nor on sets that share nothing.
      expect((yield* resampled(sets, 50)).map((row) => row)).toEqual(one.slice(0, 50))
      const alone = yield* resampled(sets.slice(1), 200)
      expect(alone.map((row) => row.map(([b]) => b))).toEqual(one.map((row) => row.map(([, b]) => b)))
    }),
  )

  it.effect("more resamples than are computed at once come in order, none left out", () =>
    Effect.gen(function* () {
      // Every image is a pattern of its own, so that a portion holds some hundred resamples.
      const { below } = random("all different")
      const rows = Array.from({ length: 16 }, () => Array.from({ length: 4000 }, () => below(2)).join(""))
      const all = yield* resampled([setOf("a", rows)], 1200)
      expect(all.length).toBe(1200)
      expect(new Set(all.map((row) => row.flat().join())).size).toBe(1200)
    }),
  )

  it.effect("a set of few images among many is never empty", () =>
    Effect.gen(function* () {
      const many = setOf(
        "many",
        ["01".repeat(100)],
        Array.from({ length: 200 }, (_, i) => `${i}`),
      )
      const one = setOf("one", ["1"], ["7"])
      const all = yield* resampled([many, one], 2000)
      expect(all.every((row) => row[0]?.[1] === 1)).toBe(true)
    }),
  )

  it.effect("sets of other models are an error that names them", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(resampled([setOf("a", ["01", "11"]), setOf("b", ["01"])], 10))
      expect(error.message).toMatch(/"b" and "a" are not of the same models/u)
    }),
  )
})
