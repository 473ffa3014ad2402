import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { random } from "../../../stages/random.ts"
import { holm, mcnemar, smallestLead, tango } from "../../../stages/statistics/difference.ts"
import { normalP } from "../../../stages/statistics/distributions.ts"
import { intervals } from "../../../stages/statistics/intervals.ts"
import { noise } from "../../../stages/statistics/noise.ts"
import { pairs } from "../../../stages/statistics/pairs.ts"
import { twoSided, wilson } from "../../../stages/statistics/proportion.ts"
import { publishedIntervals } from "../../../stages/statistics/publishedIntervals.ts"
import { publishedNoise } from "../../../stages/statistics/publishedNoise.ts"
import { publishedPairs } from "../../../stages/statistics/publishedPairs.ts"
import { runWhole, services } from "../../harness.ts"
import { outcomesOf, scoresOf, tableTwo } from "./given.ts"

const { chance } = random("pairs")
const row = (right: number) => Array.from({ length: 400 }, () => (chance(right) ? "1" : "0")).join("")
const hits = {
  sketch: { low: row(0.3), high: row(0.6), same: row(0.6) },
  v2: { high: row(0.7), low: row(0.65) },
}
const { cells, outcomes } = outcomesOf(hits)

const count = (a: string, b: string) =>
  Array.from(a).reduce((total, hit, i) => total + (hit === "1" && b[i] === "0" ? 1 : 0), 0)

const pairsOf = (params: object = {}) => runWhole(pairs, { outcomes }, { cells, ...params })

describe("pairs", () => {
  it.effect("are every two models of each set, by what only one of them gets right", () =>
    Effect.gen(function* () {
      const found = yield* pairsOf()
      expect(found.set.map((set, i) => [set, found.a[i], found.b[i]])).toEqual([
        ["sketch", "low", "high"],
        ["sketch", "low", "same"],
        ["sketch", "high", "same"],
        ["v2", "high", "low"],
      ])
      const [a, b] = [hits.sketch.low, hits.sketch.high]
      const [onlyA, onlyB] = [count(a, b), count(b, a)]
      expect([found.onlyA[0], found.onlyB[0], found.images[0]]).toEqual([onlyA, onlyB, 400])
      expect(found.difference[0]).toBeCloseTo((onlyA - onlyB) / 400, 12)
      expect([found.exact[0], found.mid[0]]).toEqual([mcnemar(onlyA, onlyB).exact, mcnemar(onlyA, onlyB).mid])
      expect({ low: found.low[0], high: found.high[0] }).toEqual(tango(onlyA, onlyB, 400, twoSided(0.95)))
      expect(new Set(found.method)).toEqual(new Set(["tango"]))
    }).pipe(Effect.provide(services())),
  )

  it.effect("are adjusted over the pairs of their own set, by the test asked for", () =>
    Effect.gen(function* () {
      const mid = yield* pairsOf()
      const sketch = mid.mid.slice(0, 3)
      expect([...mid.holm]).toEqual([...sketch.map(holm(sketch)), mid.mid[3]])
      const exact = yield* pairsOf({ test: "exact" })
      const three = exact.exact.slice(0, 3)
      expect([...exact.holm]).toEqual([...three.map(holm(three)), exact.exact[3]])
    }).pipe(Effect.provide(services())),
  )

  it.effect("of more models than `every` are the neighbours on any set, adjusted over all", () =>
    Effect.gen(function* () {
      const all = yield* pairsOf()
      const some = yield* pairsOf({ every: 2 })
      const shares = new Map(
        Object.entries(hits.sketch).map(([model, letters]) => [model, count(letters, "0".repeat(400))]),
      )
      const ranked = [...shares].sort((a, b) => b[1] - a[1]).map(([model]) => model)
      // On v2 there are but two models, and they are neighbours: so are they on sketch.
      const close = new Set([ranked.slice(0, 2), ranked.slice(1), ["high", "low"]].map((two) => two.toSorted().join()))
      const kept = all.set.flatMap((set, i) =>
        set === "v2" || close.has([all.a[i] ?? "", all.b[i] ?? ""].toSorted().join()) ? [i] : [],
      )
      expect(some.a).toEqual(kept.map((i) => all.a[i]))
      expect([...some.holm]).toEqual(kept.map((i) => all.holm[i]))
    }).pipe(Effect.provide(services())),
  )

  it.effect("a set of one model has none", () =>
    Effect.gen(function* () {
      const one = outcomesOf({ v2: { only: "0101" } })
      expect((yield* runWhole(pairs, { outcomes: one.outcomes }, { cells: one.cells })).set).toEqual([])
    }).pipe(Effect.provide(services())),
  )
})

describe("publishedPairs", () => {
  it.effect("say what they do not know, and are adjusted over all pairs of a set", () =>
    Effect.gen(function* () {
      const scores = yield* tableTwo
      const found = yield* runWhole(publishedPairs, { scores })
      expect(found.set.length).toBe(6 * 66)
      expect(new Set(found.method)).toEqual(new Set(["newcombe"]))
      expect([...found.onlyA, ...found.onlyB].every((images) => images === -1)).toBe(true)
      expect(found.mid.every(Number.isNaN)).toBe(true)
      const at = (set: string, a: string, b: string) =>
        found.set.findIndex((name, i) => name === set && found.a[i] === a && found.b[i] === b)
      const top = at("Validation", "DINO", "Swav")
      expect(found.difference[top]).toBeCloseTo(0.001, 12)
      expect(found.holm[top]).toBe(1)
      expect(found.low[top]).toBeLessThan(0)
      const sure = at("Sketch", "DINO", "MoCo")
      expect(found.holm[sure]).toBeLessThan(1e-10)
      expect(found.high[sure]).toBeLessThan(0)
    }).pipe(Effect.provide(services())),
  )
})

describe("intervals", () => {
  it.effect("are Wilson's and the bootstrap's of each cell", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(intervals, { outcomes }, { cells, level: 0.9 })
      expect(found.method).toEqual(cells.flatMap(() => ["wilson", "bootstrap"]))
      expect(found.model.filter((_, i) => i % 2 === 0)).toEqual(cells.map(([model]) => model))
      const right = count(hits.sketch.low, "0".repeat(400)) / 400
      expect([found.value[0], found.images[0], found.level[0]]).toEqual([right, 400, 0.9])
      expect({ low: found.low[0], high: found.high[0] }).toEqual(wilson(right, 400, twoSided(0.9)))
      for (const [i, value] of found.value.entries()) {
        expect(found.low[i]).toBeLessThan(value)
        expect(found.high[i]).toBeGreaterThan(value)
      }
    }).pipe(Effect.provide(services())),
  )

  it.effect("of published accuracies are the same as of outcomes with as many hits", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(intervals, { outcomes }, { cells })
      const share = (letters: string) => count(letters, "0".repeat(letters.length)) / letters.length
      const scores = scoresOf(
        { low: { sketch: share(hits.sketch.low) }, high: { sketch: share(hits.sketch.high) } },
        { sketch: 400 },
      )
      const same = yield* runWhole(publishedIntervals, { scores: [scores] })
      expect(same.low).toEqual(found.low.slice(0, 4))
      expect(same.high).toEqual(found.high.slice(0, 4))
    }).pipe(Effect.provide(services())),
  )
})

describe("noise", () => {
  it.effect("is that of a lead between models that differ on as many images as neighbours do", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(noise, { outcomes }, { cells, lead: 0.02 })
      const discordant = count(hits.v2.high, hits.v2.low) + count(hits.v2.low, hits.v2.high)
      expect([found.set[1], found.images[1], found.pairs[1], found.lead[1]]).toEqual(["v2", 400, 1, 0.02])
      expect(found.discordance[1]).toBeCloseTo(discordant / 400, 12)
      expect(found.error[1]).toBeCloseTo(Math.sqrt(discordant) / 400, 12)
      expect(found.smallest[1]).toBeCloseTo((smallestLead(discordant, 0.95) ?? 0) / 400, 12)
      // That a normal difference with that error is as large.
      expect(found.noise[1]).toBeCloseTo(normalP((0.02 * 400) / Math.sqrt(discordant)), 12)
    }).pipe(Effect.provide(services())),
  )

  it.effect("models that agree on every image leave none", () =>
    Effect.gen(function* () {
      const same = outcomesOf({ v2: { a: "0110", b: "0110" } })
      const found = yield* runWhole(noise, { outcomes: same.outcomes }, { cells: same.cells })
      expect([found.discordance[0], found.error[0], found.noise[0]]).toEqual([0, 0, 0])
      expect(found.smallest[0]).toBeNaN()
    }).pipe(Effect.provide(services())),
  )

  it.effect("a tenth of a point on ImageNet's validation set is noise, if nothing is known of pairs", () =>
    Effect.gen(function* () {
      const found = yield* runWhole(publishedNoise, { scores: yield* tableTwo })
      expect(found.set[0]).toBe("Validation")
      expect(found.discordance[0]).toBeNaN()
      // √(2 · .73 · .27 / 50,000)
      expect(found.error[0]).toBeCloseTo(0.0028, 4)
      expect(found.noise[0]).toBeCloseTo(0.72, 2)
      expect(found.smallest[0]).toBeCloseTo(0.0055, 4)
    }).pipe(Effect.provide(services())),
  )
})
