import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Progress } from "../../../src/dsl/Services.ts"
import { random } from "../../../stages/random.ts"
import { ranks } from "../../../stages/ranks.ts"
import { chiSquaredP } from "../../../stages/statistics/distributions.ts"
import { independentMaxima, pairMaxima } from "../../../stages/statistics/maxima.ts"
import { drawPublished } from "../../../stages/statistics/parametric.ts"
import { publishedRankProbabilities } from "../../../stages/statistics/publishedRankProbabilities.ts"
import { publishedRankSets } from "../../../stages/statistics/publishedRankSets.ts"
import { countRanks } from "../../../stages/statistics/rankCounts.ts"
import { rankProbabilities } from "../../../stages/statistics/rankProbabilities.ts"
import { rankSets } from "../../../stages/statistics/rankSets.ts"
import { logGamma } from "../../../stages/statistics/special.ts"
import { runWhole, services } from "../../harness.ts"
import { outcomesOf, scoresOf, tableTwo } from "./given.ts"

/** The definition: for each model the largest difference to another, in units of its error. */
const byDefinition = (deviations: ReadonlyArray<number>, error: (a: number, b: number) => number) =>
  deviations.map((one, a) =>
    Math.max(
      0,
      ...deviations.map((other, b) => (a === b || error(a, b) === 0 ? 0 : Math.abs(one - other) / error(a, b))),
    ),
  )

const Model = Schema.Struct({
  deviation: Schema.Finite.check(Schema.isBetween({ minimum: -3, maximum: 3 })),
  variance: Schema.Literals([0, 0.1, 0.5, 1, 1.01, 4]),
})
const Models = Schema.NonEmptyArray(Model)

describe("maxima", () => {
  it.effect.prop("of pairs and of independent models agree with the definition", [Models], ([models]) =>
    Effect.gen(function* () {
      // A model that does not vary does not stray.
      const deviations = models.map(({ deviation, variance }) => (variance === 0 ? 0 : Math.fround(deviation)))
      const variances = Float64Array.from(models, ({ variance }) => variance)
      const error = (a: number, b: number) => (a === b ? 0 : Math.sqrt((variances[a] ?? 0) + (variances[b] ?? 0)))
      const said = byDefinition(deviations, error)
      const rows = Float32Array.from([...deviations, ...deviations.map((deviation) => -deviation)])
      const independent = yield* independentMaxima(variances)(2, rows)
      const errors = Float64Array.from({ length: models.length ** 2 }, (_, i) =>
        error(Math.floor(i / models.length), i % models.length),
      )
      const paired = yield* (yield* pairMaxima(models.length, errors))(2, rows)
      for (const [model, value] of [...said, ...said].entries()) {
        expect(independent[model]).toBeCloseTo(value, 4)
        expect(paired[model]).toBeCloseTo(value, 4)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("of hundreds of models agree, too", () =>
    Effect.gen(function* () {
      const { between, normal } = random("maxima")
      const variances = Float64Array.from({ length: 300 }, () => between(0.02, 0.25))
      const rows = Float32Array.from({ length: 5 * 300 }, (_, i) => normal() * Math.sqrt(variances[i % 300] ?? 0))
      const errors = Float64Array.from({ length: 300 ** 2 }, (_, i) =>
        Math.sqrt((variances[Math.floor(i / 300)] ?? 0) + (variances[i % 300] ?? 0)),
      )
      const independent = yield* independentMaxima(variances)(5, rows)
      const paired = yield* (yield* pairMaxima(300, errors))(5, rows)
      for (const [i, value] of paired.entries()) expect(independent[i]).toBeCloseTo(value, 4)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("countRanks", () => {
  const Draws = Schema.NonEmptyArray(
    Schema.Array(Schema.Literals([0, 0.25, 0.5, 0.75, 1])).check(Schema.isMinLength(4), Schema.isMaxLength(4)),
  )

  it.effect.prop("counts what `ranks` says of each draw, ties sharing the best", [Draws], ([draws]) =>
    Effect.gen(function* () {
      const counts = yield* countRanks(4, (take) =>
        take({ start: 0, rows: draws.length, accuracies: Float64Array.from(draws.flat()) }),
      )
      const said = new Uint32Array(16)
      for (const draw of draws) {
        for (const [model, rank] of ranks(draw).entries())
          said[model * 4 + rank - 1] = (said[model * 4 + rank - 1] ?? 0) + 1
      }
      expect([...counts]).toEqual([...said])
    }).pipe(Effect.provide(services())),
  )
})

describe("drawPublished", () => {
  it.effect.each([
    [50, 0.31],
    [7500, 0.003],
    [50_000, 0.75],
  ] as const)("draws binomial counts of %d images at %d", ([images, accuracy]) =>
    Effect.gen(function* () {
      const counts = new Map<number, number>()
      const set = { set: "s", models: ["m"], accuracies: Float64Array.of(accuracy), images: Uint32Array.of(images) }
      yield* drawPublished(set, { resamples: 40_000, seed: 0 }, ({ accuracies }) =>
        Effect.sync(() => {
          for (const drawn of accuracies) {
            const k = Math.round(drawn * images)
            counts.set(k, (counts.get(k) ?? 0) + 1)
          }
        }),
      )
      let [statistic, cells, expected, seen] = [0, 0, 0, 0]
      for (let k = 0; k <= images; k++) {
        const log = logGamma(images + 1) - logGamma(k + 1) - logGamma(images - k + 1)
        expected += 40_000 * Math.exp(log + k * Math.log(accuracy) + (images - k) * Math.log1p(-accuracy))
        seen += counts.get(k) ?? 0
        if (expected < 20 && k < images) continue
        statistic += expected > 0 ? (seen - expected) ** 2 / expected : 0
        cells++
        expected = 0
        seen = 0
      }
      expect(chiSquaredP(statistic, cells - 1)).toBeGreaterThan(1e-3)
    }),
  )

  it.effect("accuracies of 0 and 1 stay there", () =>
    Effect.gen(function* () {
      const set = { set: "s", models: ["a", "b"], accuracies: Float64Array.of(0, 1), images: Uint32Array.of(9, 9) }
      yield* drawPublished(set, { resamples: 100, seed: 0 }, ({ accuracies }) =>
        Effect.sync(() => expect([...accuracies].every((value, i) => value === i % 2)).toBe(true)),
      )
    }),
  )
})

const { chance } = random("rank sets")
const hard = Array.from({ length: 600 }, () => chance(0.4))
const row = (right: number) => hard.map((h) => (chance(h ? right / 3 : right) ? "1" : "0")).join("")
const best = row(0.9)
/** `twin` is right on the same images as `best`, `near` on nearly the same. */
const hits = {
  v2: { worst: row(0.3), best, near: `${best.slice(0, 590)}${row(0.5).slice(590)}`, twin: best, middle: row(0.6) },
}
const { cells, outcomes } = outcomesOf(hits)

describe("rankSets", () => {
  it.effect("models that surely differ are ranked apart, those that may not are together", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(rankSets, { outcomes }, { cells, resamples: 2000 })
      const of = (model: string) => {
        const i = found.model.indexOf(model)
        return [found.rank[i], found.low[i], found.high[i]]
      }
      expect(of("worst")).toEqual([5, 5, 5])
      expect(of("middle")).toEqual([4, 4, 4])
      expect(of("best")).toEqual([1, 1, 3])
      expect(of("twin")).toEqual([1, 1, 3])
      expect(of("near").slice(1)).toEqual([1, 3])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("marginal sets lie within the simultaneous ones, and both hold the rank", () =>
    Effect.gen(function* () {
      const models = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`m${i}`, row(0.5 + i / 40)]))
      const many = outcomesOf({ v2: models })
      const found = yield* runWhole(rankSets, { outcomes: many.outcomes }, { cells: many.cells, resamples: 2000 })
      for (const [i, rank] of found.rank.entries()) {
        expect(found.low[i]).toBeLessThanOrEqual(found.marginalLow[i] ?? 0)
        expect(found.high[i]).toBeGreaterThanOrEqual(found.marginalHigh[i] ?? 0)
        expect(found.marginalLow[i]).toBeLessThanOrEqual(rank)
        expect(found.marginalHigh[i]).toBeGreaterThanOrEqual(rank)
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("the paired ones are narrower than those of the same accuracies alone, where models agree", () =>
    Effect.gen(function* () {
      // Right on the same images, but for some that only the second gets.
      const same = row(0.5)
      const better = Array.from(same, (hit, i) => (i % 40 === 7 ? "1" : hit)).join("")
      const two = outcomesOf({ v2: { same, better } })
      const found = yield* runWhole(rankSets, { outcomes: two.outcomes }, { cells: two.cells, resamples: 2000 })
      expect([...found.low, ...found.high]).toEqual([2, 1, 2, 1])
      const share = (letters: string) => Array.from(letters, Number).reduce((sum, hit) => sum + hit, 0) / 600
      const scores = scoresOf({ same: { v2: share(same) }, better: { v2: share(better) } }, { v2: 600 })
      const alone = yield* runWhole(publishedRankSets, { scores: [scores] }, { resamples: 2000 })
      expect([...alone.low, ...alone.high]).toEqual([1, 1, 2, 2])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("tells how far it has come, over all sets", () =>
    Effect.gen(function* () {
      const told: Array<readonly [number, number, string]> = []
      const progress = Progress.of({
        report: (done, total, unit) => Effect.sync(() => void told.push([done, total, unit])),
      })
      const two = outcomesOf({ v2: { a: "0101", b: "0011" }, sketch: { a: "0101", b: "0011" } })
      yield* runWhole(rankSets, { outcomes: two.outcomes }, { cells: two.cells, resamples: 300 }).pipe(
        Effect.provideService(Progress, progress),
      )
      expect(told.at(-1)).toEqual([600, 600, "resamples"])
      expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).toSorted((a, b) => a - b))
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("one model has the rank 1", () =>
    Effect.gen(function* () {
      const one = outcomesOf({ v2: { only: "0101" } })
      const found = yield* runWhole(rankSets, { outcomes: one.outcomes }, { cells: one.cells, resamples: 200 })
      expect([found.rank[0], found.low[0], found.high[0]]).toEqual([1, 1, 1])
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("rankProbabilities", () => {
  it.effect("those of a model add up to 1, and follow its accuracy", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(rankProbabilities, { outcomes }, { cells, resamples: 2000 })
      const of = (model: string, rank: number) => {
        const i = found.model.findIndex((name, row) => name === model && found.rank[row] === rank)
        return found.probability[i] ?? 0
      }
      for (const [model] of cells) {
        const sum = found.probability.reduce((total, p, i) => total + (found.model[i] === model ? p : 0), 0)
        expect(sum).toBeCloseTo(1, 12)
      }
      expect(of("worst", 5)).toBe(1)
      expect(of("best", 1)).toBe(of("twin", 1))
      expect(of("best", 2)).toBe(of("twin", 2))
      expect(new Set(found.source)).toEqual(new Set(["bootstrap"]))
      expect(found.probability.every((p) => p > 0)).toBe(true)
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})

describe("from the published accuracies of Ozbulak et al. 2025, Table II", () => {
  it.effect("three models may be first on Validation, seven on v2, one on Rendition, Sketch and Adversarial", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(publishedRankSets, { scores: yield* tableTwo })
      const of = (set: string, model: string) => {
        const i = found.model.findIndex((name, at) => name === model && found.set[at] === set)
        return [found.low[i], found.high[i]]
      }
      for (const model of ["DINO", "Swav", "MoCo"]) expect(of("Validation", model)).toEqual([1, 3])
      for (const model of ["Barlow", "VicReg", "BYOL", "OBoW"]) expect(of("Validation", model)).toEqual([4, 7])
      for (const model of ["DINO", "Swav", "MoCo", "Barlow", "VicReg", "BYOL", "OBoW"]) {
        expect(of("v2", model)).toEqual([1, 7])
      }
      expect(of("Rendition", "MoCo")).toEqual([1, 1])
      expect(of("Sketch", "MoCo")).toEqual([1, 1])
      expect(of("Adversarial", "OBoW")).toEqual([1, 1])
    }).pipe(Effect.provide(services())),
  )

  it.effect("DINO is first on Validation about as often as the difference of two binomials says", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(publishedRankProbabilities, { scores: yield* tableTwo })
      const first = (model: string) =>
        found.probability.find(
          (_, i) => found.set[i] === "Validation" && found.model[i] === model && found.rank[i] === 1,
        ) ?? 0
      // DINO leads Swav by .001 with an error of .00274: z = .365, P = .64; MoCo takes about a hundredth.
      expect(Math.abs(first("DINO") - 0.64)).toBeLessThan(0.02)
      expect(first("DINO") + first("Swav") + first("MoCo")).toBeGreaterThan(0.999)
    }).pipe(Effect.provide(services())),
  )
})
