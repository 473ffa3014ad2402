import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { agreement } from "../../../stages/statistics/agreement.ts"
import { regressions } from "../../../stages/statistics/regressions.ts"
import { runWhole, services } from "../../harness.ts"
import { asInPaper, scoresOf, tableTwo } from "./given.ts"

const table = (scores: ReadonlyArray<ReturnType<typeof scoresOf>>, params: unknown = {}) =>
  Effect.map(runWhole(agreement, { scores }, params), (made) =>
    made.measure.map((measure, row) => ({
      name: [measure, made.a[row], made.b[row]].join(" ").trim(),
      value: made.value[row] ?? 0,
      low: made.low[row] ?? 0,
      high: made.high[row] ?? 0,
      p: made.p[row] ?? 0,
      n: made.n[row] ?? 0,
    })),
  ).pipe(Effect.provide(services()))

describe("agreement", () => {
  it.effect("on Table II: r with its interval, and tau, of each set against Validation", () =>
    Effect.gen(function* () {
      const rows = yield* table(yield* tableTwo, asInPaper)
      const of = (name: string) => rows.find((row) => row.name === name)
      const facts = [
        ["ReaL", 0.9967, 0.988, 0.999, 0.923],
        ["v2", 0.9923, 0.972, 0.998, 0.8],
        ["Rendition", 0.673, 0.16, 0.9, 0.462],
        ["Sketch", 0.636, 0.1, 0.89, 0.473],
        ["Adversarial", 0.653, 0.13, 0.89, 0.636],
      ] as const
      for (const [set, r, low, high, tau] of facts) {
        const pearson = of(`pearson Validation ${set}`)
        const places = r > 0.99 ? 3 : 2
        expect(pearson?.value).toBeCloseTo(r, r > 0.99 ? 4 : 3)
        expect([pearson?.low.toFixed(places), pearson?.high.toFixed(places)]).toEqual(
          [low, high].map((end) => end.toFixed(places)),
        )
        expect(of(`tau-b Validation ${set}`)?.value).toBeCloseTo(tau, 3)
        expect(pearson?.n).toBe(12)
      }
      expect(of("nemenyi")).toMatchObject({ value: expect.closeTo(7.45, 2), n: 5 })
      expect(of("friedman")?.n).toBe(5)
    }),
  )

  it.effect("has every two columns once, the reference first, the aggregates last", () =>
    Effect.gen(function* () {
      const scores = [
        scoresOf({ a: { x: 0.1, y: 0.2, z: 0.3 }, b: { x: 0.2, y: 0.4, z: 0.1 }, c: { x: 0.3, y: 0.3, z: 0.2 } }),
      ]
      const rows = yield* table(scores, { reference: "y" })
      expect(rows.map(({ name }) => name).filter((name) => name.startsWith("spearman"))).toEqual(
        [
          "y x",
          "y z",
          "y weighted",
          "y geometric",
          "x z",
          "x weighted",
          "x geometric",
          "z weighted",
          "z geometric",
          "weighted geometric",
        ].map((two) => `spearman ${two}`),
      )
      expect(rows.slice(-3).map(({ name }) => name)).toEqual(["kendall-w", "friedman", "nemenyi"])
    }),
  )

  it.effect("the reference is not among the sets that are judged together", () =>
    Effect.gen(function* () {
      const bySet = (x: number) => ({ x, y: x, z: x })
      const alike = { a: bySet(0.1), b: bySet(0.2), c: bySet(0.3) }
      const other = { a: { ...bySet(0.1), x: 0.9 }, b: bySet(0.2), c: { ...bySet(0.3), x: 0.1 } }
      for (const scores of [alike, other]) {
        const rows = yield* table([scoresOf(scores)], { reference: "x" })
        expect(rows.find(({ name }) => name === "kendall-w")?.value).toBeCloseTo(1, 12)
      }
    }),
  )

  it.effect("a set on which all models score the same agrees with nothing: NaN", () =>
    Effect.gen(function* () {
      const rows = yield* table([scoresOf({ a: { x: 0.1, y: 0.5 }, b: { x: 0.2, y: 0.5 }, c: { x: 0.3, y: 0.5 } })])
      for (const row of rows.filter(({ name }) => name.endsWith("x y"))) {
        expect([row.value, row.low, row.high, row.p]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
      }
    }),
  )

  it.effect("one set alone and one model alone give no error", () =>
    Effect.gen(function* () {
      expect((yield* table([scoresOf({ a: { x: 0.1 }, b: { x: 0.2 } })])).map(({ name }) => name)).toEqual([
        "kendall-w",
        "friedman",
        "nemenyi",
      ])
      for (const { value } of yield* table([scoresOf({ a: { x: 0.1, y: 0.2 } })])) expect(value).toBeNaN()
    }),
  )

  it.effect("a missing score is an error that names it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(table([scoresOf({ a: { x: 0.1, y: 0.2 }, b: { x: 0.3 } })]))
      expect(error.message).toMatch(/no top1 score of "b" on "y"/u)
    }),
  )
})

describe("regressions", () => {
  it.effect("gives a line and its band for each set and aggregate, over the range of the reference", () =>
    Effect.gen(function* () {
      const scores = [
        scoresOf({ a: { x: 0.2, y: 0.3 }, b: { x: 0.4, y: 0.4 }, c: { x: 0.6, y: 0.8 }, d: { x: 0.8, y: 0.7 } }),
      ]
      const made = yield* runWhole(regressions, { scores }, { reference: "x", points: 3 }).pipe(
        Effect.provide(services()),
      )
      expect(made.set).toEqual(["y", "weighted", "geometric"].flatMap((set) => [set, set, set]))
      expect(Array.from(made.x.subarray(0, 3))).toEqual([0.2, 0.5, 0.8].map((x) => expect.closeTo(x, 12)))
      // Slope .16/.2 and mean .55; residuals -.01, -.07, .17, -.09 leave s² = .0210; t(.975, 2) = 4.302653.
      expect(Array.from(made.fit.subarray(0, 3))).toEqual([0.31, 0.55, 0.79].map((fit) => expect.closeTo(fit, 12)))
      expect((made.high[1] ?? 0) - (made.fit[1] ?? 0)).toBeCloseTo(4.302653 * Math.sqrt(0.021 / 4), 6)
      expect((made.fit[2] ?? 0) - (made.low[2] ?? 0)).toBeCloseTo(4.302653 * Math.sqrt(0.021 * (1 / 4 + 0.09 / 0.2)), 6)
    }),
  )
})
