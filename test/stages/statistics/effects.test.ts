import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Batch } from "../../../src/arrow/Table.ts"
import { random } from "../../../stages/random.ts"
import { effects } from "../../../stages/statistics/effects.ts"
import { combine, diagonal } from "../../../stages/statistics/metaAnalysis.ts"
import { publishedEffects } from "../../../stages/statistics/publishedEffects.ts"
import type { Effects } from "../../../stages/statistics/tables.ts"
import { runWhole, services } from "../../harness.ts"
import { outcomesOf, scoresOf, tableTwo } from "./given.ts"

type Hits = Parameters<typeof outcomesOf>[0]

const rowsOf = (made: Batch<typeof Effects>) =>
  made.a.map((a, row) => ({
    name: [a, made.b[row], made.method[row]].join(" "),
    estimate: made.estimate[row] ?? Number.NaN,
    low: made.low[row] ?? Number.NaN,
    high: made.high[row] ?? Number.NaN,
    p: made.p[row] ?? Number.NaN,
    tau2: made.tau2[row] ?? Number.NaN,
    q: made.q[row] ?? Number.NaN,
    i2: made.i2[row] ?? Number.NaN,
    sets: made.sets[row],
  }))

const paired = (
  hits: Hits,
  params: Readonly<Record<string, unknown>> = {},
  ids: Readonly<Record<string, string>> = {},
) => {
  const { cells, outcomes } = outcomesOf(hits, ids)
  return Effect.map(runWhole(effects, { outcomes }, { cells, ...params }), rowsOf).pipe(
    Effect.scoped,
    Effect.provide(services()),
  )
}

const published = (scores: ReadonlyArray<ReturnType<typeof scoresOf>>, params: unknown = {}) =>
  Effect.map(runWhole(publishedEffects, { scores }, params), rowsOf).pipe(Effect.provide(services()))

const letters = (name: string, count: number, p: number) => {
  const { chance } = random(name)
  return Array.from({ length: count }, () => (chance(p) ? "1" : "0")).join("")
}

/** Leads image by image, their mean, and the sums of products that variances are made of. */
const leads = (a: string, b: string) => [...a].map((letter, i) => Number(letter) - Number(b[i]))
const mean = (list: ReadonlyArray<number>) => list.reduce((sum, value) => sum + value, 0) / list.length
const crossed = (x: ReadonlyArray<number>, y: ReadonlyArray<number>) =>
  x.reduce((sum, value, i) => sum + (value - mean(x)) * ((y[i] ?? 0) - mean(y)), 0) / x.length / y.length

const sets = {
  ref: { a: letters("ref a", 30, 0.5), b: letters("ref b", 30, 0.5) },
  x: { a: letters("x a", 80, 0.7), b: letters("x b", 80, 0.5) },
  y: { a: letters("y a", 50, 0.4), b: letters("y b", 50, 0.5) },
}

describe("effects", () => {
  it.effect("combine paired differences by McNemar's variance, without the reference", () =>
    Effect.gen(function* () {
      const rows = yield* paired(sets)
      const [x, y] = [leads(sets.x.a, sets.x.b), leads(sets.y.a, sets.y.b)]
      const peer = combine([mean(x), mean(y)], diagonal([crossed(x, x), crossed(y, y)]), 0.95)
      expect(rows.map(({ name, sets }) => [name, sets])).toEqual([
        ["a b fixed", 2],
        ["a b random", 2],
      ])
      for (const [at, method] of (["fixed", "random"] as const).entries()) {
        for (const name of ["estimate", "low", "high", "p", "tau2", "q", "i2"] as const) {
          expect(rows[at]?.[name], `${method} ${name}`).toBeCloseTo(peer?.[method][name] ?? 9, 9)
        }
      }
    }),
  )

  it.effect("sets that share images enter with the covariance of their differences", () =>
    Effect.gen(function* () {
      // The second set has the first 50 images of the first, with other labels for some.
      const shared = { ...sets, y: { a: sets.x.a.slice(0, 45) + "01010", b: sets.x.b.slice(0, 50) } }
      const rows = yield* paired(shared, {}, { x: "same", y: "same" })
      const [x, y] = [leads(shared.x.a, shared.x.b), leads(shared.y.a, shared.y.b)]
      const both = x.slice(0, 50).reduce((sum, value, i) => sum + (value - mean(x)) * ((y[i] ?? 0) - mean(y)), 0)
      const off = both / x.length / y.length
      const covariance = [
        [crossed(x, x), off],
        [off, crossed(y, y)],
      ]
      const peer = combine([mean(x), mean(y)], covariance, 0.95)
      for (const [at, method] of (["fixed", "random"] as const).entries()) {
        for (const name of ["estimate", "low", "high", "tau2", "q"] as const) {
          expect(rows[at]?.[name], `${method} ${name}`).toBeCloseTo(peer?.[method][name] ?? 9, 9)
        }
      }
      const apart = yield* paired(shared)
      expect(apart[0]?.estimate).not.toBeCloseTo(rows[0]?.estimate ?? 9, 4)
    }),
  )

  it.effect("a set that repeats another adds nothing", () =>
    Effect.gen(function* () {
      const once = yield* paired({ ref: sets.ref, x: sets.x })
      const twice = yield* paired({ ref: sets.ref, x: sets.x, again: sets.x }, {}, { x: "same", again: "same" })
      expect(twice[0]?.low).toBeCloseTo(once[0]?.low ?? 9, 6)
      const apart = yield* paired({ ref: sets.ref, x: sets.x, again: sets.x })
      expect(apart[0]?.low).not.toBeCloseTo(once[0]?.low ?? 9, 3)
    }),
  )

  it.effect("`sets` says which are combined, the reference too", () =>
    Effect.gen(function* () {
      const [ref] = yield* paired(sets, { sets: ["ref"] })
      expect(ref?.estimate).toBeCloseTo(mean(leads(sets.ref.a, sets.ref.b)), 9)
      expect(ref?.sets).toBe(1)
      expect((yield* paired(sets, { sets: ["ref", "y"] }))[0]?.sets).toBe(2)
      const error = yield* Effect.flip(paired(sets, { sets: ["z"] }))
      expect(error.message).toMatch(/no set "z"; the sets are ref, x, y/u)
    }),
  )

  it.effect("models that never differ have no lead, with an interval that is not empty", () =>
    Effect.gen(function* () {
      const same = letters("same", 40, 0.5)
      const [fixed] = yield* paired({ ref: { a: "1", b: "1" }, x: { a: same, b: same } })
      expect(fixed).toMatchObject({ estimate: 0, p: 1 })
      expect(fixed?.high).toBeCloseTo(1.959964 / 40, 6)
    }),
  )

  it.effect("every two models once, the first before the second", () =>
    Effect.gen(function* () {
      const rows = yield* paired({ ref: { a: "1", b: "0", c: "1" }, x: { a: "110", b: "010", c: "001" } })
      expect(rows.map(({ name }) => name)).toEqual(
        ["a b", "a c", "b c"].flatMap((two) => [`${two} fixed`, `${two} random`]),
      )
    }),
  )

  it.effect("of more models than `every` only neighbours on the reference, the better first", () =>
    Effect.gen(function* () {
      const hits = { ref: { a: "100", b: "111", c: "110" }, x: { a: "110", b: "010", c: "001" } }
      const rows = yield* paired(hits, { every: 2 })
      expect(rows.map(({ name }) => name)).toEqual(["b c", "c a"].flatMap((two) => [`${two} fixed`, `${two} random`]))
    }),
  )

  it.effect("the reference alone is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(paired({ ref: sets.ref }))
      expect(error.message).toMatch(/no set beside the reference/u)
    }),
  )
})

describe("publishedEffects", () => {
  it.effect("take accuracies, and sets, as independent", () =>
    Effect.gen(function* () {
      const scores = [scoresOf({ a: { ref: 1, x: 0.7, y: 0.4 }, b: { ref: 1, x: 0.5, y: 0.5 } }, { x: 80, y: 50 })]
      const rows = yield* published(scores)
      const peer = combine([0.2, -0.1], diagonal([(0.21 + 0.25) / 80, (0.24 + 0.25) / 50]), 0.95)
      for (const [at, method] of (["fixed", "random"] as const).entries()) {
        for (const name of ["estimate", "low", "high", "p", "tau2", "q", "i2"] as const) {
          expect(rows[at]?.[name], `${method} ${name}`).toBeCloseTo(peer?.[method][name] ?? 9, 9)
        }
      }
    }),
  )

  it.effect("on Table II the lead of MoCo over DINO is sure under fixed effects, not under random ones", () =>
    Effect.gen(function* () {
      const rows = yield* published(yield* tableTwo, { reference: "Validation" })
      expect(rows.length).toBe(66 * 2)
      const of = (method: string) => rows.find(({ name }) => name === `DINO MoCo ${method}`)
      expect(of("fixed")?.p).toBeLessThan(1e-10)
      expect(of("random")?.p).toBeGreaterThan(0.1)
      expect(of("random")?.i2).toBeGreaterThan(0.9)
    }),
  )

  it.effect("of more than 200 models only neighbours on the reference are compared", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(
        Array.from({ length: 201 }, (_, i) => [`m${i}`, { ref: ((i * 37) % 201) / 201, x: 0.5 }] as const),
      )
      const rows = yield* published([scoresOf(many)])
      expect(rows.length).toBe(400)
      // 37 · 38 = 1406 = 7 · 201 - 1: m38 is the best.
      expect(rows[0]?.name.startsWith("m38 ")).toBe(true)
    }),
  )
})
