import { existsSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { matchLabels } from "../../stages/matchLabels.ts"
import { labelsJson } from "../../stages/sources/labelsJson.ts"
import { Labels, Manifest } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

const manifest = (ids: ReadonlyArray<string>) =>
  readerOf(
    Manifest,
    { id: ids, hash: ids, bytes: new Float64Array(ids.length), path: ids, offset: new Float64Array(ids.length) },
    2,
  )

const matched = (
  ids: ReadonlyArray<string>,
  of: Readonly<Record<string, ReadonlyArray<number>>>,
  params: object = {},
) =>
  runWhole(
    matchLabels,
    {
      manifest: manifest(ids),
      labels: readerOf(
        Labels,
        { id: Object.keys(of), labels: Object.values(of).map((list) => Int32Array.from(list)) },
        2,
      ),
    },
    params,
  ).pipe(
    Effect.map((batch) => batch.id.map((id, row) => [id, ...(batch.labels[row] ?? [])])),
    Effect.provide(services()),
  )

describe("matchLabels", () => {
  it.effect("puts labels under the ids of a set's images, in their order, and leaves out the rest", () =>
    Effect.gen(function* () {
      const labels = { val_1: [1], val_2: [2, 3], val_3: [4], val_4: [] }
      expect(yield* matched(["n02/val_4.JPEG", "n01/val_2.jpg", "val_1"], labels)).toEqual([
        ["n02/val_4.JPEG"],
        ["n01/val_2.jpg", 2, 3],
        ["val_1", 1],
      ])
    }),
  )

  it.effect("only the ending of an image is no part of its stem", () =>
    Effect.gen(function* () {
      expect(yield* matched(["a/v1.2.png"], { "v1.2": [7], "v1.png": [8] })).toEqual([["a/v1.2.png", 7]])
    }),
  )

  it.effect("by `name` endings count, by `id` folders too", () =>
    Effect.gen(function* () {
      const labels = { "a/1.png": [1], "1.jpg": [2] }
      expect(yield* matched(["x/1.jpg"], labels, { by: "name" })).toEqual([["x/1.jpg", 2]])
      expect(yield* matched(["a/1.png"], labels, { by: "id" })).toEqual([["a/1.png", 1]])
    }),
  )

  it.effect("images without a row of labels are an error that names some, or have no label", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(matched(["a.png", "b.png"], { a: [1] }))
      expect(error).toMatchObject({ _tag: "StageError", message: expect.stringMatching(/^1 of 2 images.*"b"$/u) })
      expect(yield* matched(["a.png", "b.png"], { a: [1] }, { missing: "unlabelled" })).toEqual([
        ["a.png", 1],
        ["b.png"],
      ])
    }),
  )

  it.effect("two images or two labels that go by one name are errors", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(matched(["0/a.png", "1/a.png"], { a: [1] }))).message).toMatch(
        /"0\/a.png" and "1\/a.png"/u,
      )
      expect((yield* Effect.flip(matched(["a.png"], { a: [1], "b/a.png": [2] }))).message).toMatch(
        /two rows of labels/u,
      )
    }),
  )

  const real = process.env["RANKSHIFT_REAL_DATA"]
  const file = real === undefined ? "" : join(real, "imagenet", "real.json")

  it.effect("ReaL's labels fit the images of the ImageNet validation set", (context) =>
    Effect.gen(function* () {
      if (!existsSync(file)) return context.skip("RANKSHIFT_REAL_DATA has no imagenet/real.json")
      const all = yield* runWhole(labelsJson, {}, { file, ids: "ILSVRC2012_val_{i+1:08d}", classes: 1000 }).pipe(
        Effect.provide(services()),
      )
      expect(all.id.length).toBe(50_000)
      expect(all.labels.filter((list) => list.length > 0).length).toBe(46_837)
      const ids = ["n01751748/ILSVRC2012_val_00000001.JPEG", "n09193705/ILSVRC2012_val_00000002.JPEG"]
      const found = yield* runWhole(matchLabels, { manifest: manifest(ids), labels: readerOf(Labels, all) }).pipe(
        Effect.provide(services()),
      )
      expect(found.labels).toEqual([new Int32Array(0), Int32Array.of(970, 795)])
    }),
  )
})
