import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { score } from "../../../stages/score.ts"
import { outcomes } from "../../../stages/statistics/outcomes.ts"
import { readSets } from "../../../stages/statistics/SetOutcomes.ts"
import { Outcomes } from "../../../stages/statistics/tables.ts"
import { Labels, Predictions } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"

type Lists = ReadonlyArray<readonly [id: string, list: ReadonlyArray<number>]>

const inputs = (tops: Lists, labels: Lists) => ({
  predictions: readerOf(
    Predictions,
    {
      id: tops.map(([id]) => id),
      top: tops.map(([, top]) => Int32Array.from(top)),
      score: tops.map(([, top]) => Float32Array.from(top)),
      rank: new Int32Array(tops.length),
    },
    2,
  ),
  labels: readerOf(
    Labels,
    { id: labels.map(([id]) => id), labels: labels.map(([, list]) => Int32Array.from(list)) },
    3,
  ),
})

const judged = (tops: Lists, labels: Lists) =>
  runWhole(outcomes, inputs(tops, labels)).pipe(
    Effect.map(({ hit, id }) => id.map((name, row) => [name, hit[row]])),
    Effect.provide(services()),
  )

const Image = Schema.Struct({
  top: Schema.UniqueArray(Schema.Literals([0, 1, 2, 3])),
  labels: Schema.UniqueArray(Schema.Literals([0, 1, 2, 3])),
  predicted: Schema.Boolean,
})

describe("outcomes", () => {
  it.effect("a hit is an image whose best class is one of its labels, sorted by id", () =>
    Effect.gen(function* () {
      const rows = yield* judged(
        [
          ["c", [5, 4]],
          ["a", [1, 2]],
          ["b", [1, 2]],
        ],
        [
          ["a", [1]],
          ["b", [2]],
          ["c", [4, 5]],
        ],
      )
      expect(rows).toEqual([
        ["a", 1],
        ["b", 0],
        ["c", 1],
      ])
    }),
  )

  it.effect("images without a label or without a prediction are left out", () =>
    Effect.gen(function* () {
      const rows = yield* judged(
        [
          ["a", [1]],
          ["b", [1]],
        ],
        [
          ["a", []],
          ["b", [1]],
          ["c", [1]],
        ],
      )
      expect(rows).toEqual([["b", 1]])
    }),
  )

  it.effect("ids that do not fit and ids twice are errors", () =>
    Effect.gen(function* () {
      const strange = yield* Effect.flip(judged([["x/a", [1]]], [["a", [1]]]))
      expect(strange.message).toMatch(/1 predictions have no row of labels, such as "x\/a"/u)
      const twice: Lists = [
        ["a", [1]],
        ["a", [2]],
      ]
      expect((yield* Effect.flip(judged(twice, [["a", [1]]]))).message).toMatch(/two predictions have the id "a"/u)
      expect((yield* Effect.flip(judged([["a", [1]]], twice))).message).toMatch(/two rows of labels have the id "a"/u)
    }),
  )

  it.effect.prop("their mean is the top1 of `score`, over as many images", [Schema.Array(Image)], ([images]) =>
    Effect.gen(function* () {
      const known = images.map((image, i) => ({ ...image, id: `image ${i}` }))
      if (!known.some((image) => image.predicted && image.labels.length > 0)) return
      const tops: Lists = known.filter(({ predicted }) => predicted).map(({ id, top }) => [id, top])
      const labels: Lists = known.map((image) => [image.id, image.labels])
      const rows = yield* judged(tops, labels)
      const scored = yield* runWhole(score, inputs(tops, labels), { model: "m", set: "s", metrics: ["top1"] }).pipe(
        Effect.provide(services()),
      )
      expect(rows.length).toBe(scored.images[0])
      expect(rows.reduce((sum, [, hit]) => sum + Number(hit), 0) / rows.length).toBe(scored.value[0])
      expect(rows.map(([id]) => id)).toEqual(rows.map(([id]) => id).toSorted())
    }),
  )
})

describe("readSets", () => {
  const outcomesOf = (hits: Readonly<Record<string, number>>) =>
    readerOf(Outcomes, { id: Object.keys(hits), hit: Int32Array.from(Object.values(hits)) }, 2)

  const read = (
    cells: ReadonlyArray<readonly [string, string]>,
    ...given: ReadonlyArray<Readonly<Record<string, number>>>
  ) => readSets(given.map(outcomesOf), cells)

  it.effect("joins the models of a set by id, whatever the order of rows", () =>
    Effect.gen(function* () {
      const cells = [
        ["m", "one"],
        ["m", "two"],
        ["n", "one"],
      ] as const
      const sets = yield* read(cells, { a: 1, b: 0, c: 1 }, { a: 1 }, { c: 0, a: 1, b: 1 })
      expect(sets).toEqual([
        {
          set: "one",
          models: ["m", "n"],
          ids: ["a", "b", "c"],
          hits: [Uint8Array.of(1, 0, 1), Uint8Array.of(1, 1, 0)],
        },
        { set: "two", models: ["m"], ids: ["a"], hits: [Uint8Array.of(1)] },
      ])
    }),
  )

  it.effect("models of a set that are judged on other images are an error that names one", () =>
    Effect.gen(function* () {
      const cells = [
        ["m", "one"],
        ["n", "one"],
      ] as const
      for (const other of [{ a: 1, c: 0 }, { a: 1 }, { a: 1, b: 0, c: 1 }]) {
        const error = yield* Effect.flip(read(cells, { a: 1, b: 0 }, other))
        expect(error.message).toMatch(/on "one", "n" is judged on other images than "m" \("[bc]"\)/u)
      }
    }),
  )

  it.effect("cells that do not fit the inputs, a cell twice and one without images are errors", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(read([["m", "s"]], { a: 1 }, { a: 1 }))).message).toMatch(
        /2 lists of outcomes and 1 cells/u,
      )
      const twice = [
        ["m", "s"],
        ["m", "s"],
      ] as const
      expect((yield* Effect.flip(read(twice, { a: 1 }, { a: 1 }))).message).toMatch(/two cells are "m" on "s"/u)
      expect((yield* Effect.flip(read([["m", "s"]], {}))).message).toMatch(/"m" on "s" has no labelled image/u)
    }),
  )
})
