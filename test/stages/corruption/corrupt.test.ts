import { execFileSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { corrupt } from "../../../stages/corruption/corrupt.ts"
import { random } from "../../../stages/random.ts"
import { Decoded } from "../../../stages/tables.ts"
import { openEach, readerOf, services } from "../../harness.ts"

const kinds = [
  "gaussian-noise",
  "shot-noise",
  "impulse-noise",
  "defocus-blur",
  "glass-blur",
  "motion-blur",
  "zoom-blur",
  "snow",
  "fog",
  "brightness",
  "contrast",
  "elastic-transform",
  "pixelate",
  "jpeg-compression",
] as const
const drawn = new Set([
  "gaussian-noise",
  "shot-noise",
  "impulse-noise",
  "glass-blur",
  "motion-blur",
  "snow",
  "fog",
  "elastic-transform",
])

/** A smooth image with edges and some texture, `[side, side, 3]`. */
const picture = (side: number) => {
  const { below } = random("picture")
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side, i % 3]
    const shape = (x - side / 2) ** 2 + (y - side / 3) ** 2 < (side / 4) ** 2 ? 90 : 0
    return Math.min(255, 40 + (x * 60) / side + (y * 30 * c) / side + shape + below(12))
  })
}

const side = 64
const image = { id: "a.jpg", pixels: { shape: [side, side, 3], data: picture(side) } }

const corrupted = (kind: string, severity: number, row: typeof image = image, seed = 0) =>
  Effect.gen(function* () {
    const step = yield* openEach(corrupt, {}, { kind, severity, seed })
    const { id, pixels } = yield* step(row)
    expect([id, pixels.shape]).toEqual([row.id, row.pixels.shape])
    expect(pixels.data).toHaveLength(row.pixels.data.length)
    return pixels.data
  }).pipe(Effect.scoped, Effect.provide(services()))

const distance = (a: Uint8Array, b: Uint8Array) =>
  a.reduce((total, value, i) => total + Math.abs(value - (b[i] ?? 0)), 0) / a.length
/** Photographs of which each pixel says where it is. */
const photographs = (sides: ReadonlyArray<readonly [width: number, height: number]>) => ({
  id: sides.map((_, i) => `frost${i + 1}.png`),
  height: Int32Array.from(sides, ([, height]) => height),
  width: Int32Array.from(sides, ([width]) => width),
  pixels: sides.map(([width, height], photo) =>
    Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => [Math.floor(i / 3) % width, Math.floor(i / 3 / width), photo * 40][i % 3] ?? 0,
    ),
  ),
  fast: sides.map(() => ""),
})
const frozen = (severity: number, row: typeof image, given: ReturnType<typeof photographs> | undefined, seed = 0) =>
  Effect.gen(function* () {
    const inputs = given === undefined ? {} : { frost: readerOf(Decoded, given) }
    const step = yield* openEach(corrupt, inputs, { kind: "frost", severity, seed })
    return (yield* step(row)).pixels.data
  }).pipe(Effect.scoped, Effect.provide(services()))

const mean = (of: Uint8Array) => of.reduce((total, value) => total + value, 0) / of.length

describe("corrupt", () => {
  for (const kind of kinds) {
    it.effect(`${kind}: changes the image, more at 5 than at 1, and hangs on the id and the seed alone`, () =>
      Effect.gen(function* () {
        const [mild, hard] = [yield* corrupted(kind, 1), yield* corrupted(kind, 5)]
        expect(distance(mild, image.pixels.data)).toBeGreaterThan(0.5)
        // Elastic severities bend in different ways; the published ones are not in order of pixels.
        if (kind !== "elastic-transform")
          expect(distance(hard, image.pixels.data)).toBeGreaterThan(distance(mild, image.pixels.data))
        expect(yield* corrupted(kind, 1)).toEqual(mild)
        expect(image.pixels.data).toEqual(picture(side))
        const other = yield* corrupted(kind, 1, { ...image, id: "b.jpg" })
        const seeded = yield* corrupted(kind, 1, image, 1)
        expect([distance(other, mild) > 0, distance(seeded, mild) > 0]).toEqual([drawn.has(kind), drawn.has(kind)])
      }),
    )
  }

  it.effect("frost: bytes of the published formula, from a photograph and a place that the id draws", () =>
    Effect.gen(function* () {
      const given = photographs([
        [100, 90],
        [64, 64],
        [250, 70],
      ])
      const blends = [
        [1, 0.4],
        [0.8, 0.6],
        [0.7, 0.7],
        [0.65, 0.7],
        [0.6, 0.75],
      ] as const
      const black = { id: "", pixels: { shape: [side, side, 3], data: new Uint8Array(side * side * 3) } }
      /** Where a photograph's part begins, told from a row or a column of what it leaves on black. */
      const begin = (left: ReadonlyArray<number>, more: number) =>
        Array.from({ length: 256 }, (_, from) => from).find((from) =>
          left.every((value, i) => value === Math.floor(more * (from + i))),
        ) ?? Number.NaN
      const places = new Set<string>()
      for (let i = 0; i < 40; i++) {
        const severity = i % 5
        const [left, more] = blends[severity] ?? [0, 0]
        const laid = yield* frozen(severity + 1, { ...black, id: `${i}` }, given)
        const line = (step: number, band: number) =>
          Array.from({ length: side }, (_, at) => laid[at * step + band] ?? 0)
        const [x, y] = [begin(line(3, 0), more), begin(line(3 * side, 1), more)]
        const photo = Math.round((laid[2] ?? 0) / more / 40)
        places.add(`${photo} ${x} ${y}`)
        // numpy's randint leaves the last place out, unless it is the only one.
        expect(x).toBeLessThan(Math.max(1, (given.width[photo] ?? 0) - side))
        expect(y).toBeLessThan(Math.max(1, (given.height[photo] ?? 0) - side))
        const expected = image.pixels.data.map((byte, at) => {
          const frost = [x + (Math.floor(at / 3) % side), y + Math.floor(at / 3 / side), photo * 40][at % 3] ?? 0
          return Math.min(255, left * byte + more * frost)
        })
        expect(yield* frozen(severity + 1, { ...image, id: `${i}` }, given)).toEqual(expected)
      }
      expect(places.size).toBeGreaterThan(20)
      expect(new Set([...places].map((place) => place[0])).size).toBe(3)
      expect(yield* frozen(1, image, given)).toEqual(yield* frozen(1, image, given))
      expect(yield* frozen(1, image, given, 1)).not.toEqual(yield* frozen(1, image, given))
    }),
  )

  it.effect("frost: without photographs, and with one that is too small, is an error that says what to do", () =>
    Effect.gen(function* () {
      for (const given of [undefined, photographs([])]) {
        const none = yield* Effect.flip(frozen(1, image, given))
        expect(JSON.stringify(none)).toMatch(
          /needs photographs.*github\.com\/hendrycks\/robustness.*decode\(imageFolder/u,
        )
      }
      const small = yield* Effect.flip(frozen(1, image, photographs([[200, 63]])))
      expect(small.message).toBe(
        "the photograph of frost frost1.png has 200 x 63 pixels, fewer than the images' 64 x 64",
      )
      const other = Effect.gen(function* () {
        yield* openEach(corrupt, { frost: readerOf(Decoded, photographs([[99, 99]])) }, { kind: "fog", severity: 1 })
      }).pipe(Effect.scoped, Effect.provide(services()))
      expect((yield* Effect.flip(other)).message).toMatch(/photographs of frost are given, and the kind is fog/u)
    }),
  )

  it.effect("noise is as strong as its constants say", () =>
    Effect.gen(function* () {
      const grey = { id: "g", pixels: { shape: [100, 100, 3], data: new Uint8Array(30_000).fill(128) } }
      const spread = (data: Uint8Array) => {
        const middle = mean(data)
        return Math.sqrt(data.reduce((sum, v) => sum + (v - middle) ** 2, 0) / data.length) / 255
      }
      expect(spread(yield* corrupted("gaussian-noise", 1, grey))).toBeCloseTo(0.08, 2)
      expect(spread(yield* corrupted("gaussian-noise", 2, grey))).toBeCloseTo(0.12, 2)
      // Poisson of mean m has variance m: √(.502 / 60).
      expect(spread(yield* corrupted("shot-noise", 1, grey))).toBeCloseTo(Math.sqrt(128 / 255 / 60), 2)
      const salted = yield* corrupted("impulse-noise", 5, grey)
      const share = (value: number) => salted.filter((byte) => byte === value).length / salted.length
      expect(share(0)).toBeCloseTo(0.135, 1)
      expect(share(0) + share(255)).toBeCloseTo(0.27, 2)
    }),
  )

  it.effect("blurs keep a plain image as it is", () =>
    Effect.gen(function* () {
      const plain = { id: "p", pixels: { shape: [40, 40, 3], data: new Uint8Array(4800).fill(200) } }
      for (const kind of ["defocus-blur", "glass-blur", "motion-blur", "zoom-blur", "elastic-transform", "pixelate"]) {
        // Cutting off instead of rounding may take a level, and glass is cut off twice.
        for (const severity of [1, 5])
          expect(distance(yield* corrupted(kind, severity, plain), plain.pixels.data)).toBeLessThanOrEqual(2)
      }
    }),
  )

  it.effect("motion blur draws out along a line: as far as the kernel, to one side", () =>
    Effect.gen(function* () {
      const data = new Uint8Array(101 * 101 * 3)
      data.fill(255, (50 * 101 + 50) * 3, (50 * 101 + 51) * 3)
      const out = yield* corrupted("motion-blur", 1, { id: "m", pixels: { shape: [101, 101, 3], data } })
      const lit = Array.from(out.keys()).filter((i) => i % 3 === 0 && (out[i] ?? 0) > 0)
      expect(lit.length).toBeGreaterThan(5)
      expect(lit.length).toBeLessThanOrEqual(21)
      const columns = lit.map((i) => Math.floor(i / 3) % 101)
      expect(Math.max(...columns)).toBe(50)
      expect(Math.min(...columns)).toBeLessThan(47)
    }),
  )
})

// The formulas of the published code, with numpy, scipy and Pillow, for the kinds that draw nothing.
const script = `
import sys, json, base64, io, colorsys
import numpy as np
from PIL import Image
from scipy import ndimage
side, kind, severity = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]) - 1
data = np.frombuffer(sys.stdin.buffer.read(), np.uint8).reshape(side, side, 3)
image, x = Image.fromarray(data), data / 255.0
if kind == "contrast":
    c = [0.4, .3, .2, .1, .05][severity]
    means = x.mean(axis=(0, 1), keepdims=True)
    out = np.clip((x - means) * c + means, 0, 1) * 255
elif kind == "brightness":
    c = [.1, .2, .3, .4, .5][severity]
    def brighter(pixel):
        h, s, v = colorsys.rgb_to_hsv(*pixel)
        return colorsys.hsv_to_rgb(h, s, min(1, v + c))
    out = np.clip(np.apply_along_axis(brighter, 2, x), 0, 1) * 255
elif kind == "pixelate":
    small = int(side * [0.6, 0.5, 0.4, 0.3, 0.25][severity])
    out = np.array(image.resize((small, small), Image.BOX).resize((side, side), Image.BOX))
elif kind == "jpeg-compression":
    file = io.BytesIO()
    image.save(file, "JPEG", quality=[25, 18, 15, 10, 7][severity])
    out = np.array(Image.open(file))
elif kind == "zoom-blur":
    def clipped_zoom(img, factor):
        h = img.shape[0]
        ch = int(np.ceil(h / factor))
        top = (h - ch) // 2
        img = ndimage.zoom(img[top:top + ch, top:top + ch], (factor, factor, 1), order=1)
        trim = (img.shape[0] - h) // 2
        return img[trim:trim + h, trim:trim + h]
    c = [np.arange(1, 1.11, .01), np.arange(1, 1.16, .01), np.arange(1, 1.21, .02), np.arange(1, 1.26, .02), np.arange(1, 1.31, .03)][severity]
    out = np.clip((x + sum(clipped_zoom(x, f) for f in c)) / (len(c) + 1), 0, 1) * 255
elif kind == "defocus-blur":
    radius, sigma = [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)][severity]
    reach, soft = (8, 1) if radius <= 8 else (radius, 2)
    L = np.arange(-reach, reach + 1)
    X, Y = np.meshgrid(L, L)
    disk = (X ** 2 + Y ** 2 <= radius ** 2) * 1.0
    disk /= disk.sum()
    bell = np.exp(-np.arange(-soft, soft + 1) ** 2 / (2 * sigma ** 2))
    bell /= bell.sum()
    for axis in (0, 1):
        disk = ndimage.correlate1d(disk, bell, axis=axis, mode="mirror")
    out = np.clip(np.stack([ndimage.correlate(x[..., d], disk, mode="mirror") for d in range(3)], -1), 0, 1) * 255
sys.stdout.write(base64.b64encode(np.uint8(out).tobytes()).decode())
`
const published = (kind: string, severity: number): Uint8Array | undefined => {
  try {
    const text = execFileSync("/usr/bin/python3", ["-c", script, String(side), kind, String(severity)], {
      input: image.pixels.data,
      stdio: ["pipe", "pipe", "ignore"],
      encoding: "utf8",
    })
    return Uint8Array.from(Buffer.from(text, "base64"))
  } catch {
    return undefined
  }
}

describe("corrupt beside the published formulas", () => {
  const exact = new Set(["pixelate", "jpeg-compression"])
  for (const kind of ["contrast", "brightness", "pixelate", "jpeg-compression", "zoom-blur", "defocus-blur"]) {
    it.effect(
      `${kind}: the same pixels${exact.has(kind) ? "" : ", but for the last bits before they are cut off"}`,
      (context) =>
        Effect.gen(function* () {
          for (const severity of [1, 2, 3, 4, 5]) {
            const theirs = published(kind, severity)
            if (theirs === undefined) return context.skip()
            const ours = yield* corrupted(kind, severity)
            const off = ours.map((value, i) => Math.abs(value - (theirs[i] ?? 0)))
            expect(Math.max(...off)).toBeLessThanOrEqual(exact.has(kind) ? 0 : 1)
            expect(off.filter((d) => d > 0).length / off.length).toBeLessThan(0.03)
          }
        }),
    )
  }
})
