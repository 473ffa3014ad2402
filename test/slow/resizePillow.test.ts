/** Decoding and preprocessing beside Pillow itself, bit for bit, over sizes, ratios and modes. */
import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decode } from "../../stages/decode.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { openEach, services } from "../harness.ts"
import { sha256 } from "../peers/pillow.ts"

const python = "/usr/bin/python3"

const hasPillow = (): boolean => {
  try {
    execFileSync(python, ["-c", "import PIL"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

const Answers = Schema.fromJsonString(
  Schema.Array(
    Schema.Struct({
      file: Schema.Uint8ArrayFromBase64,
      /** Width and height. */
      size: Schema.Tuple([Schema.Int, Schema.Int]),
      sha256: Schema.String,
    }),
  ),
)

/** How images come: what they are saved as, and in which mode. */
const kinds = [
  { mode: "RGB", format: "PNG" },
  { mode: "RGB", format: "JPEG" },
  { mode: "RGB", format: "JPEG", save: { subsampling: 0, quality: 95 } },
  { mode: "L", format: "JPEG" },
  { mode: "CMYK", format: "JPEG" },
  { mode: "L", format: "PNG" },
  { mode: "LA", format: "PNG" },
  { mode: "RGBA", format: "PNG" },
  { mode: "P", format: "PNG" },
  { mode: "1", format: "PNG" },
  { mode: "CMYK", format: "TIFF" },
] as const

const filters = ["bilinear", "bicubic", "nearest"] as const

/** Numbers that are the same in every run. */
const numbers = (seed: number) => {
  let state = seed
  return (from: number, to: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return from + Math.floor(((state >>> 0) / 2 ** 32) * (to - from + 1))
  }
}

const usual = [
  { width: 500, height: 375, params: { resize: 256, crop: 224 } },
  { width: 375, height: 500, params: { resize: 256, crop: 224, offset: "half-up" } },
  { width: 333, height: 499, params: { resize: 256, crop: 224 } },
  { width: 1600, height: 1201, params: { resize: 256, crop: 224 } },
  { width: 500, height: 333, params: { cropFirst: 0.875, resize: 224, offset: "half-up" } },
  { width: 640, height: 427, params: { resize: [224, 224] } },
  { width: 500, height: 333, params: { pad: "square", resize: 256, crop: 224 } },
  { width: 333, height: 500, params: { pad: "square", resize: 256, crop: 224 } },
  { width: 32, height: 32, params: { resize: 256, crop: 224 } },
]

const drawn = () => {
  const between = numbers(7)
  return Array.from({ length: 240 }, () => {
    const [width, height] = [between(1, 160), between(1, 160)]
    const resize = between(1, 70)
    const exact = between(0, 2) === 0
    return {
      width,
      height,
      params: {
        resize: exact ? [resize, between(1, 70)] : resize,
        ...(between(0, 2) === 0 ? { cropFirst: between(10, 100) / 100 } : {}),
        ...(exact ? {} : { crop: between(1, resize) }),
        ...(between(0, 1) === 0 ? { offset: "half-up" } : {}),
      },
    }
  })
}

describe.skipIf(!hasPillow())("decode and preprocess", () => {
  it.effect("give the bytes that Pillow gives", () =>
    Effect.gen(function* () {
      const images = [...usual, ...drawn()].flatMap((image, i) =>
        (i < usual.length ? filters : [filters[i % 3] ?? "bicubic"]).map((filter) => ({
          ...image,
          ...(kinds[i < usual.length ? i % 2 : i % kinds.length] ?? kinds[0]),
          params: { ...image.params, filter },
        })),
      )
      const printed = execFileSync(python, ["test/peers/resize.py"], {
        input: JSON.stringify({ images }),
        maxBuffer: 2 ** 28,
        encoding: "utf8",
      })
      const answers = Schema.decodeUnknownSync(Answers)(printed)
      const decoding = yield* openEach(decode, {}, {})
      for (const [i, { file, sha256: wanted, size }] of answers.entries()) {
        const image = images[i]
        const decoded = yield* decoding({ id: `${i}`, bytes: file })
        const step = yield* openEach(preprocess, {}, image?.params)
        const { pixels } = yield* step(decoded)
        assert.deepStrictEqual(pixels.shape, [size[1], size[0], 3], JSON.stringify(image))
        assert.strictEqual(sha256(pixels.data), wanted, JSON.stringify(image))
      }
    }).pipe(Effect.provide(services())),
  )
})
