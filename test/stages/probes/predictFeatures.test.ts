import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Batch } from "../../../src/arrow/Table.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import { predictFeatures } from "../../../stages/probes/predictFeatures.ts"
import { Labels, Predictions, Probe } from "../../../stages/tables.ts"
import { openRows, readerOf, services } from "../../harness.ts"

type Lists = ReadonlyArray<ReadonlyArray<number>>

/** A probe that hands features on: they are the scores. */
const identity = Effect.fnUntraced(function* (classes: number) {
  const g = Graph.make("identity")
  const dims = ["rows", classes]
  g.output("scores", g.op("Identity", [g.input("features", "float32", dims)]), "float32", dims)
  return {
    protocol: ["test"],
    variant: ["final"],
    onnx: [yield* g.bytes],
    width: Int32Array.of(classes),
    classes: Int32Array.of(classes),
    setting: ["{}"],
    curve: [new Float32Array(0)],
    settings: ["[]"],
    losses: [new Float32Array(0)],
    heldOut: [new Float32Array(0)],
  }
})

const featuresOf = (scores: Lists) => ({
  id: scores.map((_, row) => `image ${row}`),
  features: { shape: [scores[0]?.length ?? 0], data: Float32Array.from(scores.flat()) },
})

const predicted = Effect.fnUntraced(
  function* (
    scores: Lists,
    options: { readonly labels?: Lists; readonly classes?: number; readonly params?: object } = {},
  ) {
    const features = featuresOf(scores)
    const probe = yield* identity(options.classes ?? scores[0]?.length ?? 0)
    const given = options.labels?.map((list) => Int32Array.from(list))
    const step = yield* openRows(
      predictFeatures,
      {
        probe: readerOf(Probe, probe),
        // In another order than the features, and for more images.
        labels:
          given &&
          readerOf(Labels, {
            id: ["elsewhere", ...given.map((_, row) => `image ${row}`).toReversed()],
            labels: [Int32Array.of(0), ...given.toReversed()],
          }),
      },
      options.params,
    )
    const made: Batch<typeof Predictions> = yield* step(features)
    expect(made.id).toEqual(features.id)
    return {
      top: made.top.map((list) => [...list]),
      score: made.score.map((list) => [...list]),
      rank: [...made.rank],
    }
  },
  Effect.scoped,
  Effect.provide(services()),
)

const message = (attempt: ReturnType<typeof predicted>) => Effect.map(Effect.flip(attempt), (error) => error.message)

const scores = [
  [0.1, 0.9, 0.5, -1, 0.25],
  [5, 4, 3, 2, 1],
]

describe("predict", () => {
  it.effect("gives the best classes, best first, with the probe's own scores", () =>
    Effect.gen(function* () {
      expect(yield* predicted(scores, { params: { top: 3 } })).toEqual({
        top: [
          [1, 2, 4],
          [0, 1, 2],
        ],
        score: [
          [Math.fround(0.9), 0.5, 0.25],
          [5, 4, 3],
        ],
        rank: [0, 0],
      })
    }),
  )

  it.effect("gives five, or all where there are fewer", () =>
    Effect.gen(function* () {
      const { top } = yield* predicted([[1, 2, 3, 4, 5, 6, 7]])
      expect(top).toEqual([[6, 5, 4, 3, 2]])
      expect((yield* predicted([[1, 2, 3]])).top).toEqual([[2, 1, 0]])
    }),
  )

  it.effect("of equal scores the lower class goes first, in the list and in the rank", () =>
    Effect.gen(function* () {
      const made = yield* predicted(
        [
          [1, 1, 1, 1],
          [0, 2, 2, 1],
        ],
        { labels: [[2], [2]] },
      )
      expect(made.top).toEqual([
        [0, 1, 2, 3],
        [1, 2, 3, 0],
      ])
      expect(made.rank).toEqual([3, 2])
    }),
  )

  it.effect("ranks the true label, beyond the list too, and the best-placed of several", () =>
    Effect.gen(function* () {
      const { rank } = yield* predicted([...scores, [5, 4, 3, 2, 1]], {
        labels: [[3], [4, 2, 3], []],
        params: { top: 1 },
      })
      expect(rank).toEqual([5, 3, 0])
    }),
  )

  it.effect("a mask leaves classes out before anything is ranked", () =>
    Effect.gen(function* () {
      const made = yield* predicted(scores, { labels: [[4], [3]], params: { mask: [4, 0, 3] } })
      expect(made.top).toEqual([
        [4, 0, 3],
        [0, 3, 4],
      ])
      expect(made.rank).toEqual([1, 2])
      const several = yield* predicted(scores, { labels: [[1, 3], [0]], params: { mask: [0, 3] } })
      expect(several.rank).toEqual([2, 1])
    }),
  )

  const Score = Schema.Literals([-2, -1, 0, 0.5, 1, 3])
  it.effect.prop(
    "ranks as sorting by score and class does",
    {
      images: Schema.Array(Schema.Tuple([Score, Score, Score, Score, Score, Score])),
      label: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
      mask: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))),
    },
    ({ images, label, mask }) =>
      Effect.gen(function* () {
        const kept = mask.length === 0 ? [0, 1, 2, 3, 4, 5] : [...new Set([...mask, label])]
        if (images.length === 0) return
        const made = yield* predicted(images, {
          labels: images.map(() => [label]),
          params: { top: 6, ...(mask.length === 0 ? {} : { mask: kept }) },
        })
        images.forEach((image, row) => {
          const order = kept.toSorted((a, b) => (image[b] ?? 0) - (image[a] ?? 0) || a - b)
          expect(made.top[row]).toEqual(order)
          expect(made.score[row]).toEqual(order.map((c) => image[c]))
          expect(made.rank[row]).toBe(order.indexOf(label) + 1)
        })
      }),
  )

  it.effect("of no rows makes no rows", () =>
    Effect.gen(function* () {
      expect(yield* predicted([], { classes: 3 })).toEqual({ top: [], score: [], rank: [] })
    }),
  )
})

describe("predict refuses", () => {
  it.effect("features of another width than the probe's", () =>
    Effect.gen(function* () {
      expect(yield* message(predicted(scores, { classes: 7 }))).toBe(
        "the probe was fitted on 7 features, and these rows have 5",
      )
    }),
  )

  it.effect("labels that the probe does not know", () =>
    Effect.gen(function* () {
      for (const label of [5, -1]) {
        expect(yield* message(predicted(scores, { labels: [[0], [label]] }))).toBe(
          `the label ${label} of the image image 1 is not one of the probe's 5 classes`,
        )
      }
    }),
  )

  it.effect("an image of which no label is in the mask", () =>
    Effect.gen(function* () {
      expect(yield* message(predicted(scores, { labels: [[0], [1, 2]], params: { mask: [0, 3] } }))).toBe(
        "no label of the image image 1 (1, 2) is in the mask",
      )
    }),
  )

  it.effect("a mask beyond the classes", () =>
    Effect.gen(function* () {
      expect(yield* message(predicted(scores, { params: { mask: [0, 5] } }))).toBe(
        "the mask names class 5, and the probe has the classes 0..4",
      )
    }),
  )

  it.effect("scores that are no numbers, naming the image", () =>
    Effect.gen(function* () {
      for (const params of [{}, { mask: [0, 1] }]) {
        expect(
          yield* message(
            predicted(
              [
                [1, 2, 3],
                [1, 2, NaN],
              ],
              { params },
            ),
          ),
        ).toBe("the probe's scores of the image image 1 are not numbers")
      }
    }),
  )

  it.effect("bytes that are no model", () =>
    Effect.gen(function* () {
      const probe = { ...(yield* identity(3)), onnx: [Uint8Array.of(1, 2, 3)] }
      const error = yield* Effect.flip(openRows(predictFeatures, { probe: readerOf(Probe, probe) }))
      expect(error._tag).toBe("StageError")
      expect(error.message).toContain("the probe cannot be run")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("a variant that the probe does not have", () =>
    Effect.gen(function* () {
      const probe = readerOf(Probe, yield* identity(3))
      const error = yield* Effect.flip(openRows(predictFeatures, { probe }, { variant: "best" }))
      expect(error.message).toBe("the probe has no variant best: it has final")
      expect(error._tag === "StageError" ? error.hint : "").toContain("heldOut")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
