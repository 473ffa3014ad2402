import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { geometricMean, weightedAverage } from "../../../stages/averages.ts"
import { ranks } from "../../../stages/ranks.ts"
import { choiceOfSets } from "../../../stages/statistics/choiceOfSets.ts"
import { runWhole, services } from "../../harness.ts"
import { asInPaper, scoresOf, tableTwo } from "./given.ts"

/** Probabilities by `source set model rank`. */
const table = (scores: ReadonlyArray<ReturnType<typeof scoresOf>>, params: unknown = {}) =>
  Effect.map(
    runWhole(choiceOfSets, { scores }, params),
    (made) =>
      new Map(
        made.model.map((model, row) => [
          [made.source[row], made.set[row], model, made.rank[row]].join(" "),
          made.probability[row] ?? 0,
        ]),
      ),
  ).pipe(Effect.scoped, Effect.provide(services()))

const models = {
  a: { ref: 0.5, x: 0.9, y: 0.2, z: 0.3 },
  b: { ref: 0.5, x: 0.6, y: 0.4, z: 0.3 },
  c: { ref: 0.5, x: 0.3, y: 0.6, z: 0.1 },
}
const images = { x: 100, y: 300, z: 600 }

/** The same by looking at each choice of sets on its own. */
const byHand = (choices: ReadonlyArray<ReadonlyArray<"x" | "y" | "z">>) => {
  const shares = new Map<string, number>()
  for (const sets of choices) {
    const cells = Object.values(models).map((bySet) => sets.map((set) => ({ value: bySet[set], weight: images[set] })))
    // Over x and y, a and c have the same geometric mean, √.18: rounding must not part them.
    const rounded = (value: number) => Number(value.toPrecision(10))
    const places = {
      weighted: ranks(cells.map((row) => rounded(weightedAverage(row)))),
      geometric: ranks(cells.map((row) => rounded(geometricMean(row.map(({ value }) => value))))),
    }
    for (const [aggregate, of] of Object.entries(places)) {
      for (const [at, model] of Object.keys(models).entries()) {
        const key = `${aggregate} ${model} ${of[at]}`
        shares.set(key, (shares.get(key) ?? 0) + 1 / choices.length)
      }
    }
  }
  return shares
}

const only = (table: ReadonlyMap<string, number>, source: string) =>
  new Map(
    [...table].filter(([key]) => key.startsWith(source)).map(([key, value]) => [key.slice(source.length + 1), value]),
  )

const close = (shares: ReadonlyMap<string, number>) =>
  new Map([...shares].toSorted().map(([key, value]) => [key, expect.closeTo(value, 9)]))

describe("choiceOfSets", () => {
  it.effect("each set left out, and every subset, as ranked one by one", () =>
    Effect.gen(function* () {
      const made = yield* table([scoresOf(models, images)], { reference: "ref" })
      const leftOut = [
        ["y", "z"],
        ["x", "z"],
        ["x", "y"],
      ] as const
      expect(new Map([...only(made, "leave-one-out")].toSorted())).toEqual(close(byHand(leftOut)))
      const subsets = [["x"], ["y"], ["z"], ...leftOut, ["x", "y", "z"]] as const
      expect(new Map([...only(made, "subsets")].toSorted())).toEqual(close(byHand(subsets)))
    }),
  )

  it.effect("on Table II, MoCo is first by W under 98% of all weightings", () =>
    Effect.gen(function* () {
      const made = yield* table(yield* tableTwo, asInPaper)
      expect(made.get("dirichlet weighted MoCo 1")?.toFixed(2)).toBe("0.98")
      expect(made.get("leave-one-out weighted MoCo 1")).toBe(1)
    }),
  )

  it.effect("weightings are uniform: of two sets, each model is first as often as the crossing lies", () =>
    Effect.gen(function* () {
      // By W, a is first where .8w + .1(1 - w) > .2w + .3(1 - w): from a weight of the first set of .25 on.
      const scores = [scoresOf({ a: { ref: 1, x: 0.8, y: 0.1 }, b: { ref: 1, x: 0.2, y: 0.3 } })]
      const made = yield* table(scores, { draws: 100_000 })
      expect(made.get("dirichlet weighted a 1")).toBeCloseTo(0.75, 2)
      // By G, where w ln 4 > (1 - w) ln 3.
      expect(made.get("dirichlet geometric a 1")).toBeCloseTo(1 - Math.log(3) / Math.log(12), 2)
    }),
  )

  it.effect("probabilities of a model add up to 1, equal models share ranks, and a seed decides", () =>
    Effect.gen(function* () {
      const scores = [scoresOf({ ...models, d: models.a }, images)]
      const made = yield* table(scores, { reference: "ref", draws: 500 })
      const sums = new Map<string, number>()
      for (const [key, share] of made) {
        const model = key.slice(0, key.lastIndexOf(" "))
        sums.set(model, (sums.get(model) ?? 0) + share)
      }
      expect(sums.size).toBe(3 * 2 * 4)
      for (const sum of sums.values()) expect(sum).toBeCloseTo(1, 9)
      for (const [key, share] of made) if (key.includes(" a ")) expect(made.get(key.replace(" a ", " d "))).toBe(share)
      expect(yield* table(scores, { reference: "ref", draws: 500 })).toEqual(made)
      expect(yield* table(scores, { reference: "ref", draws: 500, seed: 1 })).not.toEqual(made)
    }),
  )

  it.effect("an accuracy of 0 makes G the lowest wherever the set counts, and models with one are tied", () =>
    Effect.gen(function* () {
      const scores = [
        scoresOf({
          a: { ref: 1, x: 0, y: 0.9 },
          b: { ref: 1, x: 0.1, y: 0.1 },
          c: { ref: 1, x: 0, y: 0.5 },
        }),
      ]
      const made = yield* table(scores)
      expect(made.get("dirichlet geometric b 1")).toBe(1)
      expect(made.get("dirichlet geometric a 2")).toBe(1)
      expect(made.get("dirichlet geometric c 2")).toBe(1)
      // Of the three subsets only {y} does not hold x.
      expect(made.get("subsets geometric a 1")).toBeCloseTo(1 / 3, 9)
    }),
  )

  it.effect("of many sets, subsets are drawn", () =>
    Effect.gen(function* () {
      const sets = Array.from({ length: 20 }, (_, i) => `s${i}`)
      const of = (value: (i: number) => number) =>
        Object.fromEntries([["ref", 0.5], ...sets.map((set, i) => [set, value(i)] as const)])
      const scores = [scoresOf({ a: of((i) => (i < 10 ? 0.6 : 0.4)), b: of((i) => (i < 10 ? 0.4 : 0.6)) })]
      const made = yield* table(scores, { draws: 20_000 })
      // As likely as not more than half of the chosen sets are of either kind: P(tie) = C(20,10)/2^20 = .176.
      expect(made.get("subsets weighted a 1")).toBeCloseTo(0.5 + 0.176 / 2, 1)
      expect(Math.abs((made.get("subsets weighted a 1") ?? 0) - 0.588)).toBeLessThan(0.02)
    }),
  )

  it.effect("a single set beside the reference cannot be left out, and none is an error", () =>
    Effect.gen(function* () {
      const made = yield* table([scoresOf({ a: { ref: 0.1, x: 0.2 }, b: { ref: 0.1, x: 0.1 } })])
      expect([...made.keys()].filter((key) => key.startsWith("leave-one-out"))).toEqual([])
      expect(made.get("subsets weighted a 1")).toBe(1)
      const error = yield* Effect.flip(table([scoresOf({ a: { ref: 0.1 } })]))
      expect(error).toMatchObject({ _tag: "StageError", message: expect.stringContaining("no set beside") })
    }),
  )
})
