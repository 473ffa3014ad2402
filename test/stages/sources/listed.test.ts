import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { listed } from "../../../stages/sources/listed.ts"
import { pathIn } from "../../../stages/sources/paths.ts"
import { Labels, Manifest } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"

const run = (images: ReadonlyArray<string>, rows: ReadonlyArray<string>, params: object = {}) =>
  runWhole(
    listed,
    {
      manifest: readerOf(
        Manifest,
        {
          id: images,
          hash: images.map((id) => `hash of ${id}`),
          bytes: Float64Array.from(images, (_, i) => i),
          path: images.map((id) => `/data/${id}`),
          offset: new Float64Array(images.length).fill(-1),
        },
        2,
      ),
      labels: readerOf(Labels, { id: rows, labels: rows.map(() => Int32Array.of(0)) }),
    },
    params,
  ).pipe(Effect.provide(services()))

describe("listed", () => {
  it.effect("keeps the images that have a row, as they are and in their order", () =>
    Effect.gen(function* () {
      const { bytes, hash, id, path } = yield* run(["a", "b", "c", "d"], ["d", "b"])
      expect(id).toEqual(["b", "d"])
      expect([...bytes]).toEqual([1, 3])
      expect(hash).toEqual(["hash of b", "hash of d"])
      expect(path).toEqual(["/data/b", "/data/d"])
    }),
  )

  it.effect("a row without an image is an error that lists it, or skipped", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(run(["a"], ["a", "x", "y"]))
      expect(error.message).toBe('2 of the 3 images that the labels list are missing: "x", "y"')
      expect((yield* run(["a"], ["a", "x", "y"], { missing: "skip" })).id).toEqual(["a"])
    }),
  )

  it.effect("rows that fit no image at all are an error, even where they may be skipped", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(run(["a"], ["val/a"], { missing: "skip" }))
      expect(error.hint).toMatch(/does `dir` name the folder/u)
    }),
  )
})

describe("pathIn", () => {
  it("takes a path from a folder on, whatever stands before it", () => {
    expect(pathIn("/a/b.jpg", "")).toEqual({ id: "a/b.jpg" })
    expect(pathIn("./a//b.jpg", "a/")).toEqual({ id: "b.jpg" })
    expect(pathIn("a\\b.jpg", "a")).toEqual({ id: "b.jpg" })
    expect(pathIn("ab/c.jpg", "a")).toMatch(/does not lie in "a"/u)
    expect(pathIn("a/../../b.jpg", "a")).toMatch(/leaves the folder/u)
  })
})
