import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { AnyReaders } from "../../../src/dsl/Stage.ts"
import { verdicts } from "../../../stages/statistics/verdicts.ts"
import { Effects, Pairs, RankProbabilities, RankSets } from "../../../stages/statistics/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"

interface Pair {
  readonly set: string
  readonly a: string
  readonly b: string
  readonly difference: number
  readonly holm: number
}

const pairsOf = (rows: ReadonlyArray<Pair>, paired: boolean) => {
  const filled = (value: number) => new Float64Array(rows.length).fill(value)
  return readerOf(Pairs, {
    set: rows.map(({ set }) => set),
    a: rows.map(({ a }) => a),
    b: rows.map(({ b }) => b),
    method: rows.map(() => (paired ? "tango" : "newcombe")),
    difference: Float64Array.from(rows, ({ difference }) => difference),
    low: filled(0),
    high: filled(0),
    onlyA: new Int32Array(rows.length).fill(paired ? 5 : -1),
    onlyB: new Int32Array(rows.length).fill(paired ? 3 : -1),
    images: new Int32Array(rows.length).fill(100),
    exact: filled(0.5),
    mid: filled(0.5),
    holm: Float64Array.from(rows, ({ holm }) => holm),
  })
}

/** `[rank, low, high]` by set and model. */
const rankSetsOf = (bySet: Readonly<Record<string, Readonly<Record<string, readonly [number, number, number]>>>>) => {
  const rows = Object.entries(bySet).flatMap(([set, models]) =>
    Object.entries(models).map(([model, [rank, low, high]]) => ({ set, model, rank, low, high })),
  )
  const column = (of: (row: (typeof rows)[number]) => number) => Int32Array.from(rows, of)
  return readerOf(RankSets, {
    set: rows.map(({ set }) => set),
    model: rows.map(({ model }) => model),
    rank: column(({ rank }) => rank),
    low: column(({ low }) => low),
    high: column(({ high }) => high),
    marginalLow: column(({ low }) => low),
    marginalHigh: column(({ high }) => high),
    level: new Float64Array(rows.length).fill(0.95),
  })
}

const effectsOf = (a: string, b: string, estimate: number, low: number, high: number) =>
  readerOf(Effects, {
    a: [a, a],
    b: [b, b],
    method: ["fixed", "random"],
    estimate: Float64Array.of(9, estimate),
    low: Float64Array.of(8, low),
    high: Float64Array.of(10, high),
    p: Float64Array.of(0, 0),
    tau2: Float64Array.of(0, 0),
    q: Float64Array.of(0, 0),
    i2: Float64Array.of(0, 0),
    sets: Int32Array.of(2, 2),
  })

const choiceOf = (
  rows: ReadonlyArray<readonly [source: string, set: string, model: string, rank: number, p: number]>,
) =>
  readerOf(RankProbabilities, {
    source: rows.map(([source]) => source),
    set: rows.map(([, set]) => set),
    model: rows.map(([, , model]) => model),
    rank: Int32Array.from(rows, ([, , , rank]) => rank),
    probability: Float64Array.from(rows, ([, , , , p]) => p),
  })

/** The texts of one kind. */
const texts = (inputs: AnyReaders, params: unknown = {}) =>
  runWhole(verdicts, { effects: undefined, choice: [], ...inputs }, params).pipe(
    Effect.map((made) => (kind: string) => made.text.filter((_, row) => made.kind[row] === kind)),
    Effect.scoped,
    Effect.provide(services()),
  )

const ranks = rankSetsOf({
  validation: { DINO: [1, 1, 2], MoCo: [2, 1, 2], PCL: [3, 3, 3] },
  sketch: { DINO: [2, 2, 3], MoCo: [1, 1, 1], PCL: [2, 2, 3] },
})

const given: ReadonlyArray<Pair> = [
  { set: "validation", a: "DINO", b: "MoCo", difference: 0.001, holm: 0.41 },
  { set: "validation", a: "DINO", b: "PCL", difference: 0.02, holm: 0.0002 },
  { set: "validation", a: "PCL", b: "MoCo", difference: -0.019, holm: 0.03 },
  { set: "rendition", a: "DINO", b: "MoCo", difference: -0.06, holm: 0.0001 },
  { set: "rendition", a: "PCL", b: "MoCo", difference: -0.05, holm: 0.01 },
  { set: "sketch", a: "DINO", b: "MoCo", difference: -0.07, holm: 0.0001 },
  { set: "sketch", a: "PCL", b: "MoCo", difference: 0.02, holm: 0.02 },
  { set: "adversarial", a: "DINO", b: "MoCo", difference: 0.01, holm: 0.05 },
  { set: "adversarial", a: "PCL", b: "MoCo", difference: 0.01, holm: 0.06 },
]

describe("verdicts", () => {
  it.effect("say of neighbours what is sure on the reference and on the other sets", () =>
    Effect.gen(function* () {
      const of = yield* texts({ pairs: pairsOf(given, true), rankSets: ranks })
      expect(of("neighbours")).toEqual([
        "DINO and MoCo are indistinguishable on validation (p = .41); DINO is ahead on adversarial, MoCo on rendition and sketch.",
        "MoCo is ahead of PCL on validation by 1.9 points (p = .030) and on rendition; PCL is ahead on sketch.",
      ])
    }),
  )

  it.effect("are stricter at a higher level", () =>
    Effect.gen(function* () {
      const of = yield* texts({ pairs: pairsOf(given, true), rankSets: ranks }, { level: 0.999 })
      expect(of("neighbours")).toEqual([
        "DINO and MoCo are indistinguishable on validation (p = .41); MoCo is ahead on rendition and sketch.",
        "MoCo and PCL are indistinguishable on validation (p = .030) and on every other set.",
      ])
      expect(of("method")[0]).toContain("has p ≤ .001;")
    }),
  )

  it.effect("do not depend on the order of the pairs' two models, nor of the rows", () =>
    Effect.gen(function* () {
      const turned = given.map(({ a, b, difference, ...rest }) => ({ ...rest, a: b, b: a, difference: -difference }))
      const one = yield* texts({ pairs: pairsOf(given, true), rankSets: ranks })
      const two = yield* texts({ pairs: pairsOf(turned, true), rankSets: ranks })
      expect(two("neighbours")).toEqual(one("neighbours"))
    }),
  )

  it.effect("add what random effects say over the other sets, from the better one's side", () =>
    Effect.gen(function* () {
      const inputs = { pairs: pairsOf(given, true), rankSets: ranks }
      const sure = yield* texts({ ...inputs, effects: effectsOf("DINO", "MoCo", -0.03, -0.05, -0.01) })
      expect(sure("neighbours")[0]).toMatch(
        / Over the 2 other sets together MoCo is ahead by 3\.0 points \(1\.0 to 5\.0\)\.$/u,
      )
      const turned = yield* texts({ ...inputs, effects: effectsOf("MoCo", "DINO", 0.03, 0.01, 0.05) })
      expect(turned("neighbours")).toEqual(sure("neighbours"))
      const unsure = yield* texts({ ...inputs, effects: effectsOf("DINO", "MoCo", -0.03, -0.09, 0.03) })
      expect(unsure("neighbours")[0]).toMatch(
        / Over the 2 other sets together neither is surely ahead \(MoCo by 3\.0 points, -3\.0 to 9\.0\)\.$/u,
      )
    }),
  )

  it.effect("say of each model which ranks it could have, and how much the choice of sets matters", () =>
    Effect.gen(function* () {
      const choice = [
        choiceOf([
          ["dirichlet", "weighted", "MoCo", 1, 0.98],
          ["dirichlet", "weighted", "MoCo", 2, 0.02],
          ["dirichlet", "weighted", "DINO", 1, 0.02],
          ["dirichlet", "geometric", "MoCo", 1, 0.999],
          ["dirichlet", "geometric", "DINO", 1, 0.001],
          ["leave-one-out", "weighted", "MoCo", 1, 1],
          ["leave-one-out", "weighted", "DINO", 2, 0.5],
          ["leave-one-out", "weighted", "DINO", 3, 0.5],
          ["bootstrap", "weighted", "PCL", 1, 0.7],
        ]),
      ]
      const of = yield* texts({ pairs: pairsOf(given, true), rankSets: ranks, choice })
      expect(of("model")).toEqual([
        "DINO is rank 1 on validation and could be 1 to 2; elsewhere 2 to 3 on sketch. First under 2% of weightings of the sets by weighted average and less than 1% by geometric mean. By weighted average rank 2 to 3, depending on which set is left out.",
        "MoCo is rank 2 on validation and could be 1 to 2; elsewhere 1 on sketch. First under 98% of weightings of the sets by weighted average and more than 99% by geometric mean. By weighted average rank 1 whichever set is left out.",
        "PCL is surely rank 3 on validation; elsewhere 2 to 3 on sketch. First under no weighting of the sets that was drawn.",
      ])
      expect(of("overall")).toEqual([
        "On validation DINO and MoCo could each be first.",
        "1 of the 2 pairs of neighbours in its ranking differs there.",
        "MoCo is first by weighted average under 98% of weightings of the other sets.",
      ])
    }),
  )

  it.effect("judge the reference that is named", () =>
    Effect.gen(function* () {
      const more = [...given, { set: "sketch", a: "DINO", b: "PCL", difference: 0, holm: 1 }]
      const of = yield* texts({ pairs: pairsOf(more, true), rankSets: ranks }, { reference: "sketch" })
      expect(of("neighbours")).toEqual([
        "MoCo is ahead of DINO on sketch by 7.0 points (p < .001) and on rendition; DINO is ahead on adversarial.",
        "DINO and PCL are indistinguishable on sketch (p = 1); DINO is ahead on validation.",
      ])
      expect(of("model")[1]).toBe("DINO shares rank 2 on sketch and could be 2 to 3; elsewhere 1 to 2 on validation.")
    }),
  )

  it.effect("from accuracies alone, name what cannot be said", () =>
    Effect.gen(function* () {
      const of = yield* texts({ pairs: pairsOf(given, false), rankSets: ranks })
      expect(of("neighbours")[0]).toMatch(
        /^DINO and MoCo cannot be told apart on validation by their accuracies alone \(p = \.41\);/u,
      )
      expect(of("unsaid").join(" ")).toMatch(/Paired tests need predictions by image/u)
      expect(of("method")[0]).toMatch(/z test of two independent accuracies/u)
      const paired = yield* texts({ pairs: pairsOf(given, true), rankSets: ranks })
      expect(paired("unsaid")).toEqual([])
      expect(paired("method")[0]).toMatch(/McNemar's test/u)
    }),
  )

  it.effect("one model alone has no neighbours", () =>
    Effect.gen(function* () {
      const of = yield* texts({ pairs: pairsOf([], true), rankSets: rankSetsOf({ v: { a: [1, 1, 1] } }) })
      expect(of("neighbours")).toEqual([])
      expect(of("overall")).toEqual(["a is surely first on v."])
      expect(of("model")).toEqual(["a is surely rank 1 on v."])
    }),
  )

  it.effect("an unknown reference, and neighbours that were not compared, are errors", () =>
    Effect.gen(function* () {
      const inputs = { pairs: pairsOf(given, true), rankSets: ranks }
      expect((yield* Effect.flip(texts(inputs, { reference: "v2" }))).message).toMatch(/"v2".*validation, sketch/u)
      const few = pairsOf(
        given.filter(({ a }) => a === "DINO"),
        true,
      )
      expect((yield* Effect.flip(texts({ pairs: few, rankSets: ranks }))).message).toMatch(
        /"MoCo" and "PCL" are not compared on "validation"/u,
      )
    }),
  )
})
