import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp, { type Sharp } from "sharp"
import { decode } from "../../stages/decode.ts"
import { shortSide } from "../../stages/geometry.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { openEach, services } from "../harness.ts"
import { pattern, pillow, sha256 } from "../peers/pillow.ts"

const run = (bytes: Uint8Array, params: object = {}) =>
  Effect.gen(function* () {
    const step = yield* openEach(decode, {}, params)
    return yield* step({ id: "a", bytes })
  }).pipe(Effect.scoped, Effect.provide(services()))

/** The reason of a bad row; a good row or another error is a defect. */
const reason = (bytes: Uint8Array, params: object = {}) =>
  Effect.flip(run(bytes, params)).pipe(
    Effect.map((error) => (error._tag === "RowError" ? error.reason : assert.fail(`not a row's error: ${error}`))),
  )

const file = (name: string) => pillow.decode.find((image) => image.name === name)?.file ?? assert.fail(name)
const drawn = (width: number, height: number) => sharp(pattern(width, height), { raw: { width, height, channels: 3 } })
const bytesOf = (image: Sharp) => Effect.promise(() => image.toBuffer())

describe(`the same pixels as Pillow ${pillow.pillow}`, () => {
  // 16-bit grey is apart: Pillow clips it.
  const same = pillow.decode.filter(({ name }) => name !== "PNG 16-bit grey")

  it.effect.each(same)("$name", (image) =>
    Effect.gen(function* () {
      const { height, width, pixels } = yield* run(image.file)
      assert.deepStrictEqual([width, height], [image.width, image.height])
      assert.strictEqual(pixels.length, width * height * 3)
      assert.strictEqual(sha256(pixels), image.sha256)
    }),
  )
})

describe("fast mode", () => {
  /** Soft shapes, of which every size shows the same. */
  const soft = (width: number, height: number) =>
    sharp(
      Uint8Array.from({ length: width * height * 3 }, (_, i) => {
        const [x, y] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height]
        return 128 + 60 * Math.sin(9 * x + (i % 3)) * Math.cos(7 * y) + 50 * Math.sin(5 * (x + y))
      }),
      { raw: { width, height, channels: 3 } },
    )
  const fast = { resize: 64, filter: "bilinear" }
  const params = { resize: 64, crop: 56 }
  const pixelsOf = (bytes: Uint8Array, decoding: object) =>
    Effect.gen(function* () {
      const step = yield* openEach(preprocess, {}, params)
      return (yield* step(yield* run(bytes, decoding))).pixels.data
    }).pipe(Effect.provide(services()))

  it.effect("resizes large JPEGs to the size that preprocess would, with nearly its pixels", () =>
    Effect.gen(function* () {
      // Decoded at a half, a quarter and an eighth of their size.
      for (const [width, height] of [
        [301, 192],
        [333, 499],
        [790, 601],
      ] as const) {
        const bytes = yield* bytesOf(soft(width, height).jpeg({ quality: 95 }))
        const image = yield* run(bytes, { fast })
        const { height: short, width: long } = shortSide({ height, width }, 64)
        assert.deepStrictEqual([image.height, image.width, image.fast], [short, long, "64 bilinear"])
        const [quick, exact] = [yield* pixelsOf(bytes, { fast }), yield* pixelsOf(bytes, {})]
        const off = quick.map((value, i) => Math.abs(value - (exact[i] ?? 0)))
        assert.isBelow(off.reduce((sum, d) => sum + d, 0) / off.length, 2)
        assert.isBelow(Math.max(...off), 24)
      }
    }),
  )

  it.effect("decodes all else as ever: what is no JPEG, not three times as large, or CMYK", () =>
    Effect.gen(function* () {
      const [jpeg, png] = [yield* bytesOf(soft(300, 191).jpeg()), yield* bytesOf(soft(300, 200).png())]
      for (const bytes of [jpeg, png, file("JPEG CMYK")]) {
        assert.deepStrictEqual(yield* run(bytes, { fast }), yield* run(bytes))
        assert.strictEqual((yield* run(bytes, { fast })).fast, "")
      }
    }),
  )

  it.effect("turns by the EXIF orientation before it asks which side is the short one", () =>
    Effect.gen(function* () {
      const bytes = yield* bytesOf(soft(400, 200).jpeg().withMetadata({ orientation: 6 }))
      const turned = yield* run(bytes, { fast, orientation: "apply" })
      assert.deepStrictEqual([turned.width, turned.height], [64, 128])
      const stored = yield* run(bytes, { fast })
      assert.deepStrictEqual([stored.width, stored.height], [128, 64])
    }),
  )

  it.effect("refuses what is damaged and what is too large as ever", () =>
    Effect.gen(function* () {
      const bytes = yield* bytesOf(soft(400, 300).jpeg())
      assert.match(yield* reason(bytes.subarray(0, bytes.length / 2), { fast }), /^damaged image/)
      assert.match(yield* reason(bytes, { fast, limit: 1000 }), /400 x 300 pixels, more than the limit/)
    }),
  )
})

describe("decode", () => {
  it.effect("keeps the high byte of 16 bits", () =>
    Effect.gen(function* () {
      // 0, 1, 255, 256, 257, 32767, 32768, 65535
      const { pixels } = yield* run(file("PNG 16-bit grey"))
      assert.deepStrictEqual(
        [...pixels].filter((_, i) => i % 3 === 0),
        [0, 0, 0, 1, 1, 127, 128, 255],
      )
      assert.deepStrictEqual(
        [...pixels].filter((_, i) => i % 3 === 2),
        [0, 0, 0, 1, 1, 127, 128, 255],
      )
    }),
  )

  it.effect("turns an image by its EXIF orientation only where asked", () =>
    Effect.gen(function* () {
      const stored = yield* run(file("JPEG orientation 6"))
      const turned = yield* run(file("JPEG orientation 6"), { orientation: "apply" })
      assert.deepStrictEqual([stored.width, stored.height], [11, 7])
      assert.deepStrictEqual([turned.width, turned.height], [7, 11])
      // Orientation 6: what is stored as the left column, bottom to top, is the top row.
      const at = (image: typeof stored, x: number, y: number) => [
        ...image.pixels.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
      ]
      assert.deepStrictEqual(at(turned, 0, 0), at(stored, 0, 6))
      assert.deepStrictEqual(at(turned, 6, 0), at(stored, 0, 0))
      assert.deepStrictEqual(at(turned, 6, 10), at(stored, 10, 0))
    }),
  )

  it.effect("looks at colour profiles only where asked", () =>
    Effect.gen(function* () {
      const red = sharp(new Uint8Array([255, 0, 0]), { raw: { width: 1, height: 1, channels: 3 } })
      const wide = yield* bytesOf(red.clone().withIccProfile("p3").png())
      const deep = yield* bytesOf(red.clone().toColourspace("rgb16").withIccProfile("p3").png())
      for (const bytes of [wide, deep]) {
        assert.deepStrictEqual([...(yield* run(bytes)).pixels], [234, 51, 34])
        assert.deepStrictEqual([...(yield* run(bytes, { icc: "convert" })).pixels], [255, 0, 0])
      }
    }),
  )

  it.effect("converts CMYK through a profile where profiles are asked for", () =>
    Effect.gen(function* () {
      const plain = yield* run(file("JPEG CMYK"))
      const converted = yield* run(file("JPEG CMYK"), { icc: "convert" })
      assert.strictEqual(converted.pixels.length, plain.pixels.length)
      assert.notStrictEqual(sha256(converted.pixels), sha256(plain.pixels))
    }),
  )

  it.effect("drops alpha, or lays the image on white or black", () =>
    Effect.gen(function* () {
      // A half transparent orange.
      const image = sharp(new Uint8Array([255, 128, 0, 128]), { raw: { width: 1, height: 1, channels: 4 } })
      const bytes = yield* bytesOf(image.png())
      assert.deepStrictEqual([...(yield* run(bytes)).pixels], [255, 128, 0])
      assert.deepStrictEqual([...(yield* run(bytes, { alpha: "black" })).pixels], [128, 64, 0])
      assert.deepStrictEqual([...(yield* run(bytes, { alpha: "white" })).pixels], [255, 191, 127])
    }),
  )

  it.effect("draws SVG", () =>
    Effect.gen(function* () {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="3" height="1"><rect width="1" height="1" fill="#f80"/></svg>`
      const bytes = new TextEncoder().encode(svg)
      const { pixels } = yield* run(bytes, { alpha: "white" })
      assert.deepStrictEqual([...pixels], [255, 136, 0, 255, 255, 255, 255, 255, 255])
    }),
  )

  it.effect("names the size of an image over the limit", () =>
    Effect.gen(function* () {
      const bytes = yield* bytesOf(drawn(40, 30).png())
      assert.strictEqual(yield* reason(bytes, { limit: 1199 }), "40 x 30 pixels, more than the limit of 1199 in all")
      assert.strictEqual((yield* run(bytes, { limit: 1200 })).width, 40)
    }),
  )

  it.effect("says what is wrong with files that are no images", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* reason(new Uint8Array()), "the file is empty")
      const text = new TextEncoder().encode("not an image at all, but a page of text")
      assert.match(yield* reason(text), /^not a JPEG, PNG, .*or damaged/)
    }),
  )

  it.effect("refuses truncated and damaged files, with equal reasons each time", () =>
    Effect.gen(function* () {
      const step = yield* openEach(decode)
      const formats = ["jpeg", "png", "webp", "gif", "tiff"] as const
      const cut = yield* Effect.forEach(formats, (format) =>
        Effect.map(bytesOf(drawn(64, 48).toFormat(format)), (bytes) => bytes.subarray(0, bytes.length / 2)),
      )
      // All formats at once: libvips mixes up the messages of what fails at the same time.
      const again = Array.from({ length: 6 }, () => cut).flat()
      const errors = yield* Effect.forEach(again, (bytes) => Effect.flip(step({ id: "a", bytes })), { concurrency: 16 })
      const reasons = errors.map((error) => (error._tag === "RowError" ? error.reason : error.message))
      assert.strictEqual(new Set(reasons).size, formats.length, reasons.join("\n"))
      for (const [i, reason] of reasons.entries()) {
        assert.match(reason, /damaged/)
        assert.strictEqual(reason, reasons[i % formats.length])
      }
    }).pipe(Effect.provide(services())),
  )

  it.effect("refuses damaged pixels, but not what decoders only warn of", () =>
    Effect.gen(function* () {
      const tiff = file("TIFF deflate")
      const at = tiff.findIndex((byte, i) => byte === 0x78 && (tiff[i + 1] === 0x9c || tiff[i + 1] === 0x5e))
      assert.isAbove(at, 0)
      assert.match(yield* reason(tiff.with(at + 20, (tiff[at + 20] ?? 0) ^ 0xff)), /^damaged image/)

      // Bytes that belong nowhere, between the first header segment and the next.
      for (const name of ["JPEG 4:2:0", "JPEG CMYK"]) {
        const jpeg = Buffer.from(file(name))
        const next = 4 + jpeg.readUInt16BE(4)
        const odd = Buffer.concat([jpeg.subarray(0, next), Buffer.alloc(3), jpeg.subarray(next)])
        assert.strictEqual(sha256((yield* run(odd)).pixels), sha256((yield* run(jpeg)).pixels), name)
      }
    }),
  )

  it.effect("reports good images while it reports bad ones", () =>
    Effect.gen(function* () {
      const good = yield* bytesOf(drawn(64, 48).png())
      const bad = good.subarray(0, 500)
      const step = yield* openEach(decode)
      const results = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, i) => i),
        (i) => Effect.result(step({ id: String(i), bytes: i % 3 === 0 ? bad : good })),
        { concurrency: 16 },
      )
      assert.deepStrictEqual(
        results.map(({ _tag }) => _tag),
        results.map((_, i) => (i % 3 === 0 ? "Failure" : "Success")),
      )
    }).pipe(Effect.provide(services())),
  )

  it.effect("states the versions that the pixels depend on", () =>
    Effect.gen(function* () {
      assert(decode.environment !== undefined)
      const versions = yield* decode.environment
      assert.strictEqual(versions["libvips"], sharp.versions.vips)
      assert.strictEqual(versions["mozjpeg"], sharp.versions.mozjpeg)
    }),
  )

  it("follows its policy for bad rows", () => {
    assert(decode.kind === "each")
    assert.strictEqual(decode.onBadRow?.({ policy: "skip" }), "skip")
    assert.strictEqual(decode.persist, "never")
  })
})
