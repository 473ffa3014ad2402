import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { colourHistogram } from "../../../stages/miniature/encoders/colourHistogram.ts"
import { gabor } from "../../../stages/miniature/encoders/gabor.ts"
import { hog } from "../../../stages/miniature/encoders/hog.ts"
import { kmeansPatches } from "../../../stages/miniature/encoders/kmeansPatches.ts"
import { pcaFilters } from "../../../stages/miniature/encoders/pcaFilters.ts"
import { randomConv } from "../../../stages/miniature/encoders/randomConv.ts"
import { tinyImage } from "../../../stages/miniature/encoders/tinyImage.ts"
import { runWhole, services } from "../../harness.ts"
import { distance, features, picture, pixelsOf, side, world } from "./encoders.ts"

const waves = picture((x, y, c) => Math.round(110 + 45 * Math.sin(x / 3 + c) + 45 * Math.cos((x + 2 * y) / 7)))
const map = (image: Uint8Array, f: (value: number) => number) => Uint8Array.from(image, f)

describe("every encoder", () => {
  const all = [
    { name: "colourHistogram", stage: colourHistogram, params: {}, width: 125 },
    { name: "hog", stage: hog, params: {}, width: 324 },
    { name: "gabor", stage: gabor, params: {}, width: 384 },
    { name: "randomConv1", stage: randomConv, params: { depth: 1 }, width: 128 },
    { name: "randomConv2", stage: randomConv, params: { depth: 2 }, width: 256 },
    { name: "randomConv3", stage: randomConv, params: { depth: 3 }, width: 384 },
    { name: "tinyImage", stage: tinyImage, params: {}, width: 192 },
    { name: "pcaFilters", stage: pcaFilters, params: {}, width: 256 },
    { name: "kmeansPatches", stage: kmeansPatches, params: {}, width: 384 },
  ]
  it.effect.each(all)("$name: finite features of width $width, one row an image, different by image", (encoder) =>
    Effect.gen(function* () {
      const train = yield* world(1)
      const inputs = { pixels: pixelsOf(train) }
      const flat = [0, 128, 255].map((value) => picture(() => value))
      const found = yield* features(encoder.stage, [...train.pictures, ...flat], encoder.params, inputs)
      assert.strictEqual(found.width, encoder.width)
      for (const row of found.rows) assert.isTrue(row.every(Number.isFinite))
      assert.isAbove(distance(found.rows[0], found.rows[1]), 0.1)
      const alone = yield* features(encoder.stage, train.pictures.slice(1, 2), encoder.params, inputs)
      assert.isBelow(distance(alone.rows[0], found.rows[1]), 1e-4)

      const made = runWhole(encoder.stage, inputs, encoder.params)
      assert.deepStrictEqual(yield* made, yield* made)
    }).pipe(Effect.provide(services())),
  )
})

describe("colourHistogram", () => {
  it.effect("does not depend on where a colour is", () =>
    Effect.gen(function* () {
      // 25 and 3136 have no common divisor, so each pixel goes to another place.
      const moved = picture((x, y, c) => waves[(((y * side + x) * 25) % (side * side)) * 3 + c] ?? 0)
      const { rows } = yield* features(colourHistogram, [waves, moved])
      assert.isBelow(distance(rows[0], rows[1]), 1e-3)
    }).pipe(Effect.provide(services())),
  )

  it.effect("counts each pixel once, shared between the nearest bins", () =>
    Effect.gen(function* () {
      const { rows } = yield* features(colourHistogram, [picture((_, __, c) => (c === 0 ? 255 : 0)), waves])
      // Features are square roots, so that their squares are shares of the picture, times the number of bins.
      const shares = rows.map((row) => row.map((x) => (x * x) / 125))
      assert.closeTo(shares[0]?.[4 * 25] ?? 0, 1, 1e-5)
      for (const row of shares)
        assert.closeTo(
          row.reduce((sum, x) => sum + x, 0),
          1,
          1e-4,
        )
    }).pipe(Effect.provide(services())),
  )
})

describe("hog", () => {
  it.effect("ignores an offset of brightness, and which side of an edge is brighter", () =>
    Effect.gen(function* () {
      const { rows } = yield* features(hog, [waves, map(waves, (x) => x + 40), map(waves, (x) => 255 - x)])
      assert.isBelow(distance(rows[0], rows[1]), 2e-3)
      assert.isBelow(distance(rows[0], rows[2]), 2e-3)
    }).pipe(Effect.provide(services())),
  )

  it.effect("puts a gradient into the bin of its orientation, or shares it between two", () =>
    Effect.gen(function* () {
      const ramp = (degrees: number) => {
        const [dx, dy] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
        return picture((x, y) => Math.round(128 + 2 * (dx * (x - 28) + dy * (y - 28))))
      }
      // A bin's middle is a multiple of 20 degrees; the first is at -80.
      const { rows } = yield* features(hog, [ramp(0), ramp(40), ramp(-80), ramp(90)])
      // The inner block's bins, its four cells together.
      const bins = (row: Float32Array = new Float32Array()) =>
        Array.from({ length: 9 }, (_, bin) =>
          [0, 1, 2, 3].reduce((sum, cell) => sum + (row[(bin * 4 + cell) * 9 + 4] ?? 0), 0),
        )
      const best = (row: Float32Array | undefined) => bins(row).indexOf(Math.max(...bins(row)))
      assert.deepStrictEqual(rows.slice(0, 3).map(best), [4, 6, 0])
      const between = bins(rows[3])
      assert.closeTo(between[0] ?? 0, between[8] ?? 1, 0.3)
      assert.isAbove(between[0] ?? 0, 2 * Math.max(...between.slice(1, 8)))
    }).pipe(Effect.provide(services())),
  )
})

describe("gabor", () => {
  const grating = (degrees: number, wavelength: number, phase: number) =>
    picture((x, y) => {
      const along = x * Math.cos((degrees * Math.PI) / 180) + y * Math.sin((degrees * Math.PI) / 180)
      return Math.round(128 + 90 * Math.cos((2 * Math.PI * along) / wavelength + phase))
    })
  // Energy by octave and orientation, all cells together.
  const energies = (row: Float32Array = new Float32Array()) =>
    Array.from({ length: 24 }, (_, map) => row.slice(map * 16, (map + 1) * 16).reduce((sum, x) => sum + x, 0))

  it.effect("answers to a grating's orientation and wavelength", () =>
    Effect.gen(function* () {
      const gratings = [grating(0, 4.5, 0), grating(90, 4.5, 0), grating(45, 9, 0), grating(135, 18, 0)]
      const { rows } = yield* features(gabor, gratings)
      const best = rows.map(energies).map((values) => values.indexOf(Math.max(...values)))
      assert.deepStrictEqual(best, [0, 4, 8 + 2, 16 + 6])
    }).pipe(Effect.provide(services())),
  )

  it.effect("does not depend on the phase", () =>
    Effect.gen(function* () {
      const { rows } = yield* features(gabor, [grating(0, 4.5, 0), grating(0, 4.5, Math.PI / 2)])
      assert.isBelow(Math.abs((energies(rows[0])[0] ?? 0) / (energies(rows[1])[0] ?? 1) - 1), 0.03)
    }).pipe(Effect.provide(services())),
  )
})

describe("randomConv", () => {
  it.effect("has weights drawn from its seed, and another network for each depth", () =>
    Effect.gen(function* () {
      const [a, b, c] = [
        yield* features(randomConv, [waves], { depth: 2 }),
        yield* features(randomConv, [waves], { depth: 2, seed: 0 }),
        yield* features(randomConv, [waves], { depth: 2, seed: 3 }),
      ]
      assert.strictEqual(distance(a.rows[0], b.rows[0]), 0)
      assert.isAbove(distance(a.rows[0], c.rows[0]), 0.5)
    }).pipe(Effect.provide(services())),
  )

  it.effect("sees contrast, not brightness", () =>
    Effect.gen(function* () {
      const { rows } = yield* features(randomConv, [waves, map(waves, (x) => x + 40)], { depth: 3 })
      assert.isBelow(distance(rows[0], rows[1]), 1e-3)
    }).pipe(Effect.provide(services())),
  )
})

describe("tinyImage", () => {
  it.effect("is the image averaged over 8 x 8 windows of 7 x 7 pixels", () =>
    Effect.gen(function* () {
      const { rows } = yield* features(tinyImage, [waves])
      const expected = Float32Array.from({ length: 192 }, (_, i) => {
        const [channel, top, left] = [Math.floor(i / 64), (Math.floor(i / 8) % 8) * 7, (i % 8) * 7]
        let sum = 0
        for (let y = 0; y < 7; y++) {
          for (let x = 0; x < 7; x++) sum += waves[((top + y) * side + left + x) * 3 + channel] ?? 0
        }
        return sum / 49 / 255
      })
      assert.isBelow(distance(rows[0], expected), 1e-6)
    }).pipe(Effect.provide(services())),
  )
})
