import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { score } from "../../stages/score.ts"
import { Labels, Predictions } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

type Lists = Readonly<Record<string, ReadonlyArray<number>>>

const predictions = (rows: ReadonlyArray<readonly [id: string, top: ReadonlyArray<number>]>) => ({
  id: rows.map(([id]) => id),
  top: rows.map(([, top]) => Int32Array.from(top)),
  score: rows.map(([, top]) => Float32Array.from(top, (_, place) => -place)),
  rank: new Int32Array(rows.length),
})

const labels = (rows: ReadonlyArray<readonly [id: string, labels: ReadonlyArray<number>]>) => ({
  id: rows.map(([id]) => id),
  labels: rows.map(([, list]) => Int32Array.from(list)),
})

const scored = (tops: Lists, of: Lists, params: object = {}, size = 2) =>
  runWhole(
    score,
    {
      predictions: readerOf(Predictions, predictions(Object.entries(tops)), size),
      labels: readerOf(Labels, labels(Object.entries(of)), size),
    },
    { model: "hog", set: "val", ...params },
  ).pipe(
    Effect.map((batch) =>
      batch.metric.map((metric, i) => ({
        model: batch.model[i],
        set: batch.set[i],
        metric,
        class: batch.class[i],
        value: batch.value[i],
        images: batch.images[i],
        skipped: batch.skipped[i],
        unlabelled: batch.unlabelled[i],
      })),
    ),
    Effect.provide(services()),
  )

const tops = { a: [0, 1, 2, 3, 4, 5], b: [3, 2, 1, 0, 4, 5], c: [5, 4, 3, 2, 1, 0], d: [1, 0, 2, 3, 4, 5] }

describe("score", () => {
  it.effect("top1 is the share of images whose best class is the label, top5 of those with it among five", () =>
    Effect.gen(function* () {
      const rows = yield* scored(tops, { a: [0], b: [5], c: [4], d: [1] })
      expect(rows).toEqual([
        { model: "hog", set: "val", metric: "top1", class: -1, value: 2 / 4, images: 4, skipped: 0, unlabelled: 0 },
        { model: "hog", set: "val", metric: "top5", class: -1, value: 3 / 4, images: 4, skipped: 0, unlabelled: 0 },
      ])
    }),
  )

  it.effect("with several labels an image any of them is a hit; images without one are left out and counted", () =>
    Effect.gen(function* () {
      const rows = yield* scored(tops, { a: [7, 0], b: [7, 8], c: [], d: [1] }, { metrics: ["top1"] })
      expect(rows).toMatchObject([{ value: 2 / 3, images: 3, unlabelled: 1, skipped: 0 }])
    }),
  )

  it.effect("a labelled image without a prediction is counted as skipped, not as a miss", () =>
    Effect.gen(function* () {
      const rows = yield* scored({ a: [0] }, { a: [0], b: [1], c: [], d: [2] }, { metrics: ["top1"] })
      expect(rows).toMatchObject([{ value: 1, images: 1, skipped: 2, unlabelled: 1 }])
    }),
  )

  it.effect("images, skipped and unlabelled make all rows of labels", () =>
    Effect.gen(function* () {
      const [row] = yield* scored({ a: [0], c: [1] }, { a: [0], b: [1], c: [], d: [2] }, { metrics: ["top1"] })
      expect((row?.images ?? 0) + (row?.skipped ?? 0) + (row?.unlabelled ?? 0)).toBe(4)
    }),
  )

  it.effect("the order of rows does not matter", () =>
    Effect.gen(function* () {
      const one = yield* scored(tops, { d: [1], c: [4], a: [0], b: [5] })
      const other = yield* scored(tops, { a: [0], b: [5], c: [4], d: [1] }, {}, 3)
      expect(one).toEqual(other)
    }),
  )

  it.effect("per-class is top1 for every class that has images, each with its own counts", () =>
    Effect.gen(function* () {
      const rows = yield* scored(tops, { a: [0], b: [0], c: [5], d: [], e: [5], f: [9] }, { metrics: ["per-class"] })
      expect(rows.map((row) => [row.metric, row.class, row.value, row.images, row.skipped])).toEqual([
        ["top1", 0, 0.5, 2, 0],
        ["top1", 5, 1, 1, 1],
      ])
    }),
  )

  it.effect("an image with several labels counts for each of its classes, as a hit for all or none", () =>
    Effect.gen(function* () {
      const rows = yield* scored(tops, { a: [2, 0], b: [2] }, { metrics: ["per-class"] }).pipe(Effect.flip)
      expect(rows.message).toMatch(/"c", "d"/u)
      const both = yield* scored({ a: tops.a, b: tops.b }, { a: [2, 0], b: [2] }, { metrics: ["per-class"] })
      expect(both.map((row) => [row.class, row.value, row.images])).toEqual([
        [0, 1, 1],
        [2, 0.5, 2],
      ])
    }),
  )

  it.effect("a variant names its metrics apart", () =>
    Effect.gen(function* () {
      const rows = yield* scored(tops, { a: [0], b: [5], c: [4], d: [1] }, { variant: "masked" })
      expect(rows.map(({ metric }) => metric)).toEqual(["top1-masked", "top5-masked"])
    }),
  )

  it.effect("a prediction without a row of labels is an error that names some", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(scored(tops, { "val/a": [0], "val/b": [1] }))
      expect(error).toMatchObject({
        _tag: "StageError",
        message: expect.stringMatching(/^4 predictions.*"a", "b", "c"$/u),
      })
      expect(error._tag === "StageError" ? error.hint : "").toMatch(/matchLabels/u)
    }),
  )

  it.effect("two predictions or two rows of labels with one id are errors", () =>
    Effect.gen(function* () {
      const twice = [
        ["a", [0, 1, 2, 3, 4]],
        ["a", [1, 0, 2, 3, 4]],
      ] as const
      const run = (first: ReturnType<typeof predictions>, second: ReturnType<typeof labels>) =>
        runWhole(
          score,
          { predictions: readerOf(Predictions, first), labels: readerOf(Labels, second) },
          { model: "hog", set: "val" },
        ).pipe(Effect.provide(services()), Effect.flip)
      expect((yield* run(predictions(twice), labels([["a", [0]]]))).message).toMatch(/two predictions have the id "a"/u)
      expect((yield* run(predictions([["a", [0]]]), labels(twice))).message).toMatch(
        /two rows of labels have the id "a"/u,
      )
    }),
  )

  it.effect("nothing to score is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(scored({ a: [0] }, { a: [], b: [1] }))
      expect(error.message).toMatch(/nothing to score/u)
    }),
  )

  it.effect("top5 of fewer than five classes is an error where it cannot be told", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(scored({ a: [0, 1], b: [3, 4] }, { a: [1], b: [2] }))
      expect(error.message).toMatch(/"b" has fewer/u)
      expect(yield* scored({ a: [0, 1], b: [3, 4] }, { a: [1], b: [2] }, { metrics: ["top1"] })).toMatchObject([
        { value: 0 },
      ])
    }),
  )

  it.effect("top5 of three classes, all of them kept, is one", () =>
    Effect.gen(function* () {
      const rows = yield* scored({ a: [0, 1, 2], b: [2, 0, 1] }, { a: [2], b: [0] })
      expect(rows).toMatchObject([
        { metric: "top1", value: 0 },
        { metric: "top5", value: 1 },
      ])
    }),
  )

  const Image = Schema.Struct({
    top: Schema.UniqueArray(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7])).check(Schema.isMinLength(5)),
    labels: Schema.UniqueArray(Schema.Literals([0, 1, 2, 3, 4, 5, 6, 7])),
    predicted: Schema.Boolean,
  })

  it.effect.prop("agrees with the definition, for any predictions and labels", [Schema.Array(Image)], ([images]) =>
    Effect.gen(function* () {
      const known = images.map((image, i) => ({ ...image, id: `image ${i}` }))
      const over = known.filter((image) => image.predicted && image.labels.length > 0)
      if (over.length === 0) return
      const hits = (k: number) =>
        over.filter(({ top, labels: of }) => top.slice(0, k).some((guess) => of.includes(guess))).length
      const rows = yield* scored(
        Object.fromEntries(known.filter(({ predicted }) => predicted).map(({ id, top }) => [id, top])),
        Object.fromEntries(known.map(({ id, labels: of }) => [id, of])),
      )
      const unlabelled = known.filter((image) => image.labels.length === 0).length
      const rest = { images: over.length, unlabelled, skipped: known.length - over.length - unlabelled }
      expect(rows).toMatchObject([
        { metric: "top1", value: hits(1) / over.length, ...rest },
        { metric: "top5", value: hits(5) / over.length, ...rest },
      ])
    }),
  )
})
