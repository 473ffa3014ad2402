import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { concat } from "../../stages/concat.ts"
import { Features } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

const part = (ids: ReadonlyArray<string>, width: number, of: (row: number, at: number) => number, size = 64) =>
  readerOf(
    Features,
    {
      id: ids,
      features: {
        shape: [width],
        data: Float32Array.from({ length: ids.length * width }, (_, i) => of(Math.floor(i / width), i % width)),
      },
    },
    size,
  )

const fused = (features: ReadonlyArray<ReturnType<typeof part>>, params: object = {}) =>
  runWhole(concat, { features }, params).pipe(Effect.provide(services()))

const ids = Array.from({ length: 150 }, (_, i) => `image ${i}`)

describe("concat", () => {
  it.effect("puts the parts side by side, row by row, however each is cut into batches", () =>
    Effect.gen(function* () {
      const a = part(ids, 3, (row, at) => row + at / 10, 64)
      const b = part(ids, 2, (row, at) => -row - at / 10, 17)
      const { features, id } = yield* fused([a, b])
      expect(id).toEqual(ids)
      expect(features.shape).toEqual([5])
      expect([...features.data.subarray(5 * 70, 5 * 71)]).toEqual(
        [70, 70.1, 70.2, -70, -70.1].map((x) => Math.fround(x)),
      )
    }),
  )

  it.effect("normalises each part by itself, or some of them", () =>
    Effect.gen(function* () {
      const a = part(["x"], 2, (_, at) => [3, 4][at] ?? 0)
      const b = part(["x"], 2, (_, at) => [0, 200][at] ?? 0)
      const row = (params: object) => Effect.map(fused([a, b], params), ({ features }) => [...features.data])
      expect(yield* row({})).toEqual([3, 4, 0, 200])
      expect(yield* row({ normalise: "l2" })).toEqual([0.6, 0.8, 0, 1].map((x) => Math.fround(x)))
      expect(yield* row({ normalise: ["none", "l2"] })).toEqual([3, 4, 0, 1])
      const zero = yield* fused([part(["x"], 1, () => 0), b], { normalise: "l2" })
      expect([...zero.features.data]).toEqual([0, 0, 1])
    }),
  )

  it.effect("parts of other images, another number of them, or one part alone are errors", () =>
    Effect.gen(function* () {
      const complaint = (parts: ReadonlyArray<ReturnType<typeof part>>, params: object = {}) =>
        Effect.map(Effect.flip(fused(parts, params)), ({ message }) => message)
      const a = part(["x", "y"], 1, () => 1)
      expect(yield* complaint([a])).toBe("1 parts: fusion takes two or more")
      expect(yield* complaint([a, part(["x"], 1, () => 1)])).toBe(
        "the parts are of different images: one has 2 rows, another 1",
      )
      expect(yield* complaint([a, part(["x", "z"], 1, () => 1)])).toBe(
        'the parts are of different images: "y" stands beside "z"',
      )
      expect(yield* complaint([a, a], { normalise: ["l2"] })).toBe(
        "`normalise` says what becomes of 1 parts, and there are 2",
      )
    }),
  )
})
