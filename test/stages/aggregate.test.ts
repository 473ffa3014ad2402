import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Batch } from "../../src/arrow/Table.ts"
import { aggregate } from "../../stages/aggregate.ts"
import { Scores } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

interface Given {
  readonly model: string
  readonly set: string
  readonly value: number
  readonly images?: number
  readonly skipped?: number
  readonly metric?: string
  readonly class?: number
}

const scores = (rows: ReadonlyArray<Given>): Batch<typeof Scores> => ({
  model: rows.map(({ model }) => model),
  set: rows.map(({ set }) => set),
  metric: rows.map(({ metric }) => metric ?? "top1"),
  class: Int32Array.from(rows, (row) => row.class ?? -1),
  value: Float64Array.from(rows, ({ value }) => value),
  images: Int32Array.from(rows, ({ images }) => images ?? 100),
  skipped: Int32Array.from(rows, ({ skipped }) => skipped ?? 0),
  unlabelled: new Int32Array(rows.length),
})

const row = (model: string, values: Readonly<Record<string, number>>, images: Readonly<Record<string, number>> = {}) =>
  scores(Object.entries(values).map(([set, value]) => ({ model, set, value, images: images[set] ?? 100 })))

const table = (batches: ReadonlyArray<Batch<typeof Scores>>, params: unknown = {}) =>
  runWhole(aggregate, { scores: batches.map((batch) => readerOf(Scores, batch)) }, params).pipe(
    Effect.map((board) =>
      board.model.map((model, i) => ({
        cell: `${model} ${board.column[i]}`,
        kind: board.kind[i],
        unit: board.unit[i],
        value: board.value[i] ?? Number.NaN,
        rank: board.rank[i],
        change: board.change[i],
        images: board.images[i],
        skipped: board.skipped[i],
      })),
    ),
    Effect.provide(services()),
  )

const a = row("a", { val: 0.9, sketch: 0.2, v2: 0.8 }, { val: 1000, sketch: 300, v2: 100 })
const b = row("b", { val: 0.8, sketch: 0.4, v2: 0.7 }, { val: 1000, sketch: 300, v2: 100 })
const c = row("c", { val: 0.7, sketch: 0.2, v2: 0.9 }, { val: 1000, sketch: 300, v2: 100 })

describe("aggregate", () => {
  it.effect("has a row a model and column: sets in order of appearance, then the two aggregates", () =>
    Effect.gen(function* () {
      const cells = yield* table([b, a])
      expect(cells.map(({ cell }) => cell)).toEqual([
        "b val",
        "b sketch",
        "b v2",
        "b weighted",
        "b geometric",
        "a val",
        "a sketch",
        "a v2",
        "a weighted",
        "a geometric",
      ])
      expect(cells.map(({ kind }) => kind).slice(0, 5)).toEqual(["set", "set", "set", "aggregate", "aggregate"])
    }),
  )

  it.effect("ranks each column, ties sharing the best rank, with the change against the reference", () =>
    Effect.gen(function* () {
      const cells = yield* table([a, b, c])
      const of = (name: string) =>
        cells.filter(({ cell }) => cell.endsWith(name)).map(({ rank, change }) => [rank, change])
      expect(of(" val")).toEqual([
        [1, 0],
        [2, 0],
        [3, 0],
      ])
      expect(of(" sketch")).toEqual([
        [2, -1],
        [1, 1],
        [2, 1],
      ])
      expect(of(" v2")).toEqual([
        [2, -1],
        [3, -1],
        [1, 2],
      ])
    }),
  )

  it.effect("averages over the sets other than the reference, weighted by images, and geometrically", () =>
    Effect.gen(function* () {
      const cells = yield* table([a, b, c])
      const of = (name: string) => cells.filter(({ cell }) => cell.endsWith(name))
      expect(of(" weighted").map(({ value }) => value)).toEqual([0.35, 0.475, 0.375].map((v) => expect.closeTo(v, 12)))
      expect(of(" weighted").map(({ rank, change, images }) => [rank, change, images])).toEqual([
        [3, -2, 400],
        [1, 1, 400],
        [2, 1, 400],
      ])
      expect(of(" geometric").map(({ value }) => value)).toEqual(
        [Math.sqrt(0.16), Math.sqrt(0.28), Math.sqrt(0.18)].map((v) => expect.closeTo(v, 12)),
      )
    }),
  )

  it.effect("another reference changes what is averaged and compared with", () =>
    Effect.gen(function* () {
      const cells = yield* table([a, b, c], { reference: "sketch" })
      const weighted = cells.find(({ cell }) => cell === "a weighted")
      expect(weighted?.value).toBeCloseTo((0.9 * 1000 + 0.8 * 100) / 1100, 12)
      expect(cells.find(({ cell }) => cell === "a val")).toMatchObject({ rank: 1, change: 1 })
    }),
  )

  it.effect("`weights` replace numbers of images in the weighted average, not in the counts", () =>
    Effect.gen(function* () {
      const cells = yield* table([a, b], { weights: { sketch: 100 } })
      expect(cells.find(({ cell }) => cell === "a weighted")).toMatchObject({
        value: expect.closeTo(0.5, 12),
        images: 400,
      })
    }),
  )

  it.effect("`sets` says which sets and in which order", () =>
    Effect.gen(function* () {
      const cells = yield* table([a, b], { sets: ["v2", "val"] })
      expect(cells.slice(0, 4).map(({ cell }) => cell)).toEqual(["a v2", "a val", "a weighted", "a geometric"])
      expect(cells[2]?.value).toBeCloseTo(0.9, 12)
    }),
  )

  it.effect("only the chosen metric counts, which may differ by set, and never that of a class", () =>
    Effect.gen(function* () {
      const more = scores([
        { model: "a", set: "val", metric: "top5", value: 0.99 },
        { model: "a", set: "val", value: 0.1, class: 3 },
        { model: "a", set: "r", metric: "top1-masked", value: 0.6 },
      ])
      const cells = yield* table([a, more], { metrics: { r: "top1-masked" } })
      expect(cells.map(({ cell }) => cell)).toEqual(["a val", "a sketch", "a v2", "a r", "a weighted", "a geometric"])
      expect(cells.map(({ value }) => value).slice(0, 4)).toEqual([0.9, 0.2, 0.8, 0.6])
      const top5 = yield* table([a, more], { metric: "top5", sets: ["val"] })
      expect(top5.map(({ cell, value }) => [cell, value])).toEqual([["a val", 0.99]])
    }),
  )

  it.effect("skipped images are shown, and added up in aggregates", () =>
    Effect.gen(function* () {
      const cells = yield* table([
        scores([
          { model: "a", set: "val", value: 0.5 },
          { model: "a", set: "v2", value: 0.5, skipped: 2 },
          { model: "a", set: "r", value: 0.5, skipped: 3 },
        ]),
      ])
      expect(cells.map(({ skipped }) => skipped)).toEqual([0, 2, 3, 5, 5])
    }),
  )

  it.effect("a zero makes the geometric mean zero", () =>
    Effect.gen(function* () {
      const cells = yield* table([row("a", { val: 0.5, v2: 0, r: 0.9 })])
      expect(cells.find(({ cell }) => cell === "a geometric")?.value).toBe(0)
    }),
  )

  it.effect("one set alone has no aggregates", () =>
    Effect.gen(function* () {
      const cells = yield* table([row("a", { val: 0.5 }), row("b", { val: 0.6 })])
      expect(cells.map(({ cell, rank }) => [cell, rank])).toEqual([
        ["a val", 2],
        ["b val", 1],
      ])
    }),
  )

  it.effect("the order of the models changes no value and no rank", () =>
    Effect.gen(function* () {
      const order = (cells: ReadonlyArray<{ readonly cell: string }>) =>
        cells.toSorted((x, y) => (x.cell < y.cell ? -1 : 1))
      expect(order(yield* table([c, a, b]))).toEqual(order(yield* table([a, b, c])))
    }),
  )

  const of = (metric: string, values: Readonly<Record<string, ReadonlyArray<number>>>) =>
    Object.entries(values).map(([model, [val = 0, v2 = 0, r = 0]]) =>
      scores([
        { model, set: "val", metric, value: val },
        { model, set: "v2", metric, value: v2, images: 300 },
        { model, set: "r", metric, value: r },
      ]),
    )

  it.effect("of nll and ece less is better; nll may be any number of nats", () =>
    Effect.gen(function* () {
      const nll = yield* table(of("nll", { a: [1.7, 2.5, 0.5], b: [0.9, 3.5, 4] }), { metric: "nll" })
      expect(nll.map(({ cell, rank, change, unit }) => [cell, rank, change, unit])).toEqual([
        ["a val", 2, 0, "nats"],
        ["a v2", 1, 1, "nats"],
        ["a r", 1, 1, "nats"],
        ["a weighted", 1, 1, "nats"],
        ["a geometric", 1, 1, "nats"],
        ["b val", 1, 0, "nats"],
        ["b v2", 2, -1, "nats"],
        ["b r", 2, -1, "nats"],
        ["b weighted", 2, -1, "nats"],
        ["b geometric", 2, -1, "nats"],
      ])
      expect(nll[3]?.value).toBeCloseTo((300 * 2.5 + 100 * 0.5) / 400, 12)
      const masked = yield* table(of("ece-masked", { a: [0.1, 0.2, 0.3], b: [0.2, 0.1, 0.4] }), {
        metric: "ece-masked",
      })
      expect(masked.filter(({ cell }) => cell.endsWith(" val")).map(({ rank, unit }) => [rank, unit])).toEqual([
        [1, "share"],
        [2, "share"],
      ])
    }),
  )

  it.effect("sets in different units have no averages", () =>
    Effect.gen(function* () {
      const mixed = scores([
        { model: "a", set: "val", value: 0.5 },
        { model: "a", set: "v2", value: 0.4 },
        { model: "a", set: "calibration", metric: "nll", value: 1.2 },
      ])
      const metrics = { calibration: "nll" }
      expect((yield* table([mixed], { metrics })).map(({ cell, unit }) => [cell, unit])).toEqual([
        ["a val", "share"],
        ["a v2", "share"],
        ["a calibration", "nats"],
      ])
      // The reference is not averaged, so it may be in another unit.
      const reference = yield* table([mixed], { metrics, reference: "calibration" })
      expect(reference.slice(3).map(({ cell }) => cell)).toEqual(["a weighted", "a geometric"])
    }),
  )

  it.effect("a metric of one's own may have any values; its negative ones have no geometric mean", () =>
    Effect.gen(function* () {
      const cells = yield* table(of("gain", { a: [12, -3, 40], b: [11, 8, 2] }), { metric: "gain" })
      expect(cells.map(({ cell, rank, unit }) => [cell, rank, unit])).toEqual([
        ["a val", 1, ""],
        ["a v2", 2, ""],
        ["a r", 1, ""],
        ["a weighted", 1, ""],
        ["b val", 2, ""],
        ["b v2", 1, ""],
        ["b r", 2, ""],
        ["b weighted", 2, ""],
      ])
      const shares = yield* table(of("precision", { a: [0.5, 0.4, 0.3] }), { metric: "precision" })
      expect(new Set(shares.map(({ unit }) => unit))).toEqual(new Set(["share"]))
    }),
  )

  const wrong = (name: string, batches: ReadonlyArray<Batch<typeof Scores>>, params: unknown, says: RegExp) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(table(batches, params))
        expect(error._tag).toBe("StageError")
        expect(error.message).toMatch(says)
      }),
    )

  wrong(
    "a missing cell is an error that names it",
    [a, row("b", { val: 0.5 })],
    {},
    /no top1 score of "b" on "sketch"/u,
  )
  wrong("a second score of a cell is an error that names it", [a, a], {}, /two scores of "a" on "val"/u)
  wrong("an unknown reference is an error that lists the sets", [a], { reference: "real" }, /"real".*val, sketch, v2/u)
  wrong("an unknown set in `weights` is an error", [a], { weights: { real: 5 } }, /"real"/u)
  wrong("an unknown set in `sets` is an error", [a], { sets: ["val", "real"] }, /"a" on "real"/u)
  wrong("a metric without scores is an error", [a], { metric: "map" }, /no map score of "a" on "val"/u)
  wrong("nothing to aggregate is an error", [], {}, /no scores/u)
  wrong(
    "a model that was scored by another metric is missing, not left out",
    [a, scores([{ model: "b", set: "val", metric: "top5", value: 0.5 }])],
    {},
    /no top1 score of "b" on "val"/u,
  )
  wrong(
    "a set that was scored by another metric is missing, not left out of the averages",
    [a, scores([{ model: "a", set: "r", metric: "top1-masked", value: 0.5 }])],
    {},
    /no top1 score of "a" on "r"/u,
  )
  wrong("a percentage where a share belongs is an error", [row("a", { val: 75.1 })], {}, /"a" on "val" is 75.1/u)
  wrong("a negative nll is an error", of("nll", { a: [-1, 2, 3] }), { metric: "nll" }, /nll of "a" on "val" is -1/u)
})
