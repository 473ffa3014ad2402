import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { FeatureRows, Segment } from "../../../stages/probes/FeatureRows.ts"
import { halfToFloat } from "../../../stages/probes/half.ts"
import { join, type Problem, split } from "../../../stages/probes/Problem.ts"
import { Features, Labels } from "../../../stages/tables.ts"
import { readerOf, services } from "../../harness.ts"

const width = 3

/** Images of which one in four has no label; features tell the image's number. */
const drawn = (rows: number) => {
  const ids = Array.from({ length: rows }, (_, i) => `image ${i}`)
  const data = Float32Array.from({ length: rows * width }, (_, i) => Math.floor(i / width) + (i % width) / 4)
  return {
    features: { id: ids, features: { shape: [width], data } },
    labels: {
      id: ids,
      labels: ids.map((_, i) => (i % 4 === 3 ? new Int32Array(0) : Int32Array.of(i % 2))),
    },
  }
}

/** `memory` for so many of the features' bytes as float32. */
const problemOf = Effect.fnUntraced(function* (rows: number, share: number, batch: number) {
  const { features, labels } = drawn(rows)
  const inputs = { features: readerOf(Features, features, batch), labels: readerOf(Labels, labels) }
  return yield* join(inputs, { memory: (rows * width * 4 * share) / 1e9 })
})

const numbers = (block: { readonly type: "float32" | "float16"; readonly data: Float32Array | Uint16Array }) =>
  block.data instanceof Uint16Array ? halfToFloat(block.data) : block.data

type Block = Segment["features"]

// A structured clone would share the memory that it should outlive.
const copyOf = (block: Block): Block =>
  block.type === "float16" ? { ...block, data: block.data.slice() } : { ...block, data: block.data.slice() }

/** A segment that outlives the next one. */
const kept = (segment: Segment): Segment => ({ ...segment, features: copyOf(segment.features) })

/** The numbers of the images in an epoch, batch by batch. */
const epochOf = (
  features: FeatureRows,
  labels: ReadonlyMap<number, number>,
  batch: number,
  seed: number,
  epoch: number,
) =>
  Effect.map(Stream.runCollect(Stream.map(features.epoch({ batch, seed, epoch }), kept)), (segments) => {
    for (const segment of segments.slice(0, -1)) expect(segment.order.length % batch).toBe(0)
    return segments.flatMap((segment) =>
      Array.from(segment.order, (row) => {
        const image = Math.floor(numbers(segment.features)[row * width] ?? NaN)
        expect(segment.labels[row]).toBe(labels.get(image))
        return image
      }),
    )
  })

const labelled = (rows: number) =>
  new Map(Array.from({ length: rows }, (_, i) => [i, i % 2] as const).filter(([i]) => i % 4 !== 3))

const all = Effect.fnUntraced(function* ({ features }: Pick<Problem, "features">, size: number) {
  const blocks = yield* Stream.runCollect(
    Stream.map(features.blocks(size), ({ block, start }) => ({ start, block: copyOf(block) })),
  )
  for (const { block } of blocks) expect(block.dims[0]).toBeLessThanOrEqual(size)
  expect(blocks.map(({ start }) => start)).toEqual(Array.from(blocks, (_, i) => i * size))
  return blocks.flatMap(({ block }) => [...numbers(block)])
})

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("rows of features", () => {
  it.effect("are in memory as float32, as float16, or read from the shards, as the memory allows", () =>
    Effect.gen(function* () {
      const of = (share: number) => Effect.map(problemOf(40, share + 0.01, 5), ({ features }) => features)
      expect(yield* of(1)).toMatchObject({ type: "float32", rows: 30, width })
      expect((yield* of(1)).resident?.dims).toEqual([30, width])
      expect(yield* of(0.5)).toMatchObject({ type: "float16", rows: 30 })
      expect((yield* of(0.5)).resident?.dims).toEqual([30, width])
      expect(yield* of(0.4)).toMatchObject({ type: "float32", resident: undefined, rows: 30 })
    }).pipe(Effect.provide(services())),
  )

  it.effect.prop(
    "are the labelled ones in order, in blocks of any size, in every mode",
    { rows: between(8, 120), batch: between(1, 40), size: between(1, 50) },
    ({ batch, rows, size }) =>
      Effect.gen(function* () {
        const wanted = [...labelled(rows).keys()].flatMap((image) => [image, image + 0.25, image + 0.5])
        for (const share of [1, 0.5, 0.1])
          expect(yield* all(yield* problemOf(rows, share, batch), size)).toEqual(wanted)
      }).pipe(Effect.provide(services())),
    { arbitrary: { runs: 20 } },
  )

  it.effect.prop(
    "come once an epoch with their labels, in an order of the seed and the epoch",
    {
      rows: between(8, 150),
      shards: between(1, 40),
      batch: between(1, 20),
      seed: between(0, 99),
      share: Schema.Literals([1, 0.5, 0.25]),
    },
    ({ batch, rows, seed, share, shards }) =>
      Effect.gen(function* () {
        const { features } = yield* problemOf(rows, share, shards)
        const labels = labelled(rows)
        const first = yield* epochOf(features, labels, batch, seed, 0)
        expect(first.toSorted((a, b) => a - b)).toEqual([...labels.keys()])
        expect(yield* epochOf(features, labels, batch, seed, 0)).toEqual(first)
        if (rows < 40) return
        expect(yield* epochOf(features, labels, batch, seed, 1)).not.toEqual(first)
        expect(yield* epochOf(features, labels, batch, seed + 1, 0)).not.toEqual(first)
      }).pipe(Effect.provide(services())),
    { arbitrary: { runs: 30 } },
  )

  it.effect("in memory come in the same order whatever the shards and batches are", () =>
    Effect.gen(function* () {
      const of = Effect.fnUntraced(function* (batch: number, share: number) {
        const { features } = yield* problemOf(100, share, batch)
        return yield* epochOf(features, labelled(100), 16, 1, 3)
      })
      const wanted = yield* of(5, 1)
      expect(yield* of(64, 1)).toEqual(wanted)
      expect(yield* of(5, 0.5)).toEqual(wanted)
    }).pipe(Effect.provide(services())),
  )

  it.effect.prop(
    "are split by their ids into two that are all of them, in every mode",
    { rows: between(20, 100), seed: between(0, 9), share: Schema.Literals([1, 0.5, 0.25]) },
    ({ rows, seed, share }) =>
      Effect.gen(function* () {
        const problem = yield* problemOf(rows, share, 7)
        const { heldOut, training } = yield* split(problem, 0.3, seed)
        expect(heldOut.rows).toBe(Math.round(0.3 * problem.rows))
        expect([...heldOut.ids, ...training.ids].toSorted()).toEqual(problem.ids.toSorted())
        expect(heldOut.features.resident?.type).toBe("float32")
        for (const part of [heldOut, training]) {
          const images = part.ids.map((id) => Number(id.split(" ")[1]))
          expect(yield* all(part, 9)).toEqual(images.flatMap((image) => [image, image + 0.25, image + 0.5]))
          expect([...part.labels]).toEqual(images.map((image) => image % 2))
        }
        const trained = yield* epochOf(training.features, labelled(rows), 8, seed, 0)
        expect(trained.toSorted((a, b) => a - b)).toEqual(training.ids.map((id) => Number(id.split(" ")[1])))
        // Another set of images that has these too holds most of the same out.
        const more = yield* split(yield* problemOf(rows + 4, 1, 7), 0.3, seed)
        const kept = heldOut.ids.filter((id) => more.heldOut.ids.includes(id))
        expect(kept.length).toBeGreaterThanOrEqual(heldOut.rows - 4)
      }).pipe(Effect.provide(services())),
    { arbitrary: { runs: 20 } },
  )

  it.effect("cannot be split so that nothing is held out", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(split(yield* problemOf(12, 1, 5), 0.01, 0))
      expect(error.message).toBe("of 9 rows none would be held out at 0.01")
    }).pipe(Effect.provide(services())),
  )
})
