import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eigen } from "../../../stages/miniature/encoders/eigen.ts"
import { kmeansPatches, learnCentroids } from "../../../stages/miniature/encoders/kmeansPatches.ts"
import { principalFilters } from "../../../stages/miniature/encoders/pcaFilters.ts"
import { samplePatches } from "../../../stages/miniature/encoders/patches.ts"
import { random } from "../../../stages/random.ts"
import { services } from "../../harness.ts"
import { distance, features, pixelsOf, side, world } from "./encoders.ts"

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
const mean = (values: ArrayLike<number>) => dot(values, new Float64Array(values.length).fill(1)) / values.length

describe("samplePatches", () => {
  it.effect("cuts patches out of the images, in 0..1, channel by channel", () =>
    Effect.gen(function* () {
      const train = yield* world(1)
      const [first] = train.pictures
      const one = { id: train.id.slice(0, 1), pictures: train.pictures.slice(0, 1) }
      const { count, data, width } = yield* samplePatches(pixelsOf(one), { window: 3, most: 5, seed: 0 })
      assert.deepStrictEqual([count, width], [5, 27])
      const at = (x: number, y: number, i: number) =>
        (first?.[((y + (Math.floor(i / 3) % 3)) * side + x + (i % 3)) * 3 + Math.floor(i / 9)] ?? 0) / 255
      const places = Array.from(
        { length: (side - 2) ** 2 },
        (_, i) => [i % (side - 2), Math.floor(i / (side - 2))] as const,
      )
      for (let n = 0; n < count; n++) {
        const patch = data.subarray(n * width, (n + 1) * width)
        assert.isTrue(places.some(([x, y]) => patch.every((value, i) => Math.abs(value - at(x, y, i)) < 1e-6)))
      }
    }).pipe(Effect.provide(services())),
  )

  it.effect("is bounded, and cuts an image where its id says, whatever others there are", () =>
    Effect.gen(function* () {
      const train = yield* world(2)
      const all = yield* samplePatches(pixelsOf(train), { window: 5, most: 400, seed: 3 })
      assert.strictEqual(all.count, 400)
      const last = { id: train.id.slice(-10), pictures: train.pictures.slice(-10) }
      const some = yield* samplePatches(pixelsOf(last), { window: 5, most: 100, seed: 3 })
      assert.deepStrictEqual(some.data, all.data.slice(-some.data.length))
      const few = yield* samplePatches(pixelsOf(train), { window: 5, most: 15, seed: 3 })
      assert.isAtMost(few.count, 15)
      assert.isAtLeast(few.count, 5)
    }).pipe(Effect.provide(services())),
  )

  it.effect("says what is wrong where patches do not fit or there are no images", () =>
    Effect.gen(function* () {
      const train = yield* world(1)
      const large = yield* Effect.flip(samplePatches(pixelsOf(train), { window: 60, most: 9, seed: 0 }))
      assert.include(large.message, "60 x 60 do not fit into images of 56 x 56")
      const none = yield* Effect.flip(
        samplePatches(pixelsOf({ id: [], pictures: [] }), { window: 6, most: 9, seed: 0 }),
      )
      assert.include(none.message, "no images to learn from")
    }).pipe(Effect.provide(services())),
  )
})

it("eigen: A v = value v, unit vectors at right angles, largest first", () => {
  const n = 40
  const { normal } = random("a matrix")
  const b = Array.from({ length: n }, () => Array.from({ length: n }, normal))
  const a = b.map((x) => b.map((y) => dot(x, y)))
  const { values, vectors } = eigen(a.flat(), n)
  assert.deepStrictEqual(
    [...values].sort((x, y) => y - x),
    [...values],
  )
  vectors.forEach((v, i) => {
    a.forEach((row, k) => assert.closeTo(dot(row, v), (values[i] ?? 0) * (v[k] ?? 0), 1e-9))
    vectors.forEach((w, j) => assert.closeTo(dot(v, w), i === j ? 1 : 0, 1e-12))
  })
})

it.effect("pcaFilters: orthonormal filters by falling variance, which no filter could exceed", () =>
  Effect.gen(function* () {
    const patches = yield* samplePatches(pixelsOf(yield* world(3)), { window: 7, most: 3000, seed: 0 })
    const { filters, variances } = yield* principalFilters(patches)
    filters.forEach((f, i) => filters.forEach((g, j) => assert.closeTo(dot(f, g), i === j ? 1 : 0, 1e-9)))
    assert.deepStrictEqual(
      [...variances].sort((x, y) => y - x),
      [...variances],
    )

    const variance = (filter: ArrayLike<number>) => {
      const values = Array.from({ length: patches.count }, (_, n) => {
        const patch = patches.data.subarray(n * patches.width, (n + 1) * patches.width)
        return dot(patch, filter) - mean(patch) * dot(filter, new Float64Array(patches.width).fill(1))
      })
      return mean(values.map((x) => x * x)) - mean(values) ** 2
    }
    filters.slice(0, 3).forEach((filter, i) => assert.closeTo(variance(filter) / (variances[i] ?? 0), 1, 1e-3))
    const { normal } = random("another filter")
    const other = Float64Array.from({ length: patches.width }, normal)
    assert.isBelow(variance(other.map((x) => x / Math.hypot(...other))), variances[0] ?? 0)
  }).pipe(Effect.provide(services())),
)

describe("kmeansPatches", () => {
  it.effect("inertia never grows, and falls at first", () =>
    Effect.gen(function* () {
      const patches = yield* samplePatches(pixelsOf(yield* world(3)), { window: 6, most: 3000, seed: 0 })
      const { inertia } = yield* learnCentroids(patches, 0)
      assert.isAbove(inertia.length, 10)
      inertia.forEach((value, i) => assert.isAtMost(value, (inertia[i - 1] ?? Infinity) * (1 + 1e-5)))
      assert.isBelow(inertia.at(-1) ?? Infinity, 0.95 * (inertia[0] ?? 0))
    }).pipe(Effect.provide(services())),
  )

  it.effect("gives what the definition says: patch by patch, normalised, whitened, triangle, quadrants", () =>
    Effect.gen(function* () {
      const train = yield* world(1)
      const pixels = pixelsOf(train)
      const patches = yield* samplePatches(pixels, { window: 6, most: 20_000, seed: 0 })
      const learned = yield* learnCentroids(patches, 0)
      const image = train.pictures[4] ?? new Uint8Array()
      const { rows } = yield* features(kmeansPatches, [image], {}, { pixels })

      const d = patches.width
      const k = learned.centroids.length / d
      const activations = (left: number, top: number) => {
        const patch = Float64Array.from({ length: d }, (_, i) => {
          const [channel, y, x] = [Math.floor(i / 36), Math.floor(i / 6) % 6, i % 6]
          return (image[((top + y) * side + left + x) * 3 + channel] ?? 0) / 255
        })
        const middle = mean(patch)
        const deviation = Math.sqrt(mean(patch.map((x) => (x - middle) ** 2)) + 10 / 255 ** 2)
        const centred = patch.map((x, i) => (x - middle) / deviation - (learned.mean[i] ?? 0))
        const white = Float64Array.from({ length: d }, (_, i) => dot(learned.map.subarray(i * d, (i + 1) * d), centred))
        const distances = Array.from({ length: k }, (_, c) =>
          Math.hypot(...white.map((x, i) => x - (learned.centroids[c * d + i] ?? 0))),
        )
        return distances.map((x) => Math.max(0, mean(distances) - x))
      }
      const expected = new Float32Array(k * 4)
      for (let y = 0; y < 26; y++) {
        for (let x = 0; x < 26; x++) {
          const quadrant = (y < 13 ? 0 : 2) + (x < 13 ? 0 : 1)
          activations(2 * x, 2 * y).forEach((value, c) => {
            expected[c * 4 + quadrant] = (expected[c * 4 + quadrant] ?? 0) + value / 169
          })
        }
      }
      const size = Math.sqrt(mean(expected.map((x) => x * x)))
      assert.isBelow(
        distance(
          rows[0],
          expected.map((x) => x / size),
        ),
        2e-3,
      )
    }).pipe(Effect.provide(services())),
  )
})
