import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decode } from "../../stages/decode.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { openEach, services } from "../harness.ts"
import { sha256 } from "../peers/pillow.ts"

const real = process.env["RANKSHIFT_REAL_DATA"]
const folder = join(real ?? "", "odd-images")
const found = real !== undefined && existsSync(folder)
if (!found) console.log("odd images are skipped: RANKSHIFT_REAL_DATA names no folder with odd-images/")

/** What must come of each kind of file; of the rest only that it is an image or a reason. */
const refused = [
  ["truncated.jpg", /damaged image: .*premature end/],
  ["truncated.png", /damaged image/],
  ["corrupt-header.jpg", /damaged image/],
  ["pillow-broken_data_stream.png", /damaged image/],
  ["65536-uint32-limit.png", /65536 x 65536 pixels, more than the limit/],
  ["pillow-crash-2020-10-test.tif", /damaged image/],
  ["pillow-hopper_lzma.tif", /LZMA/],
] as const

/** SHA-256 of the RGB bytes that Pillow 9.4's `convert("RGB")` gives, its first 16 digits. */
const same = [
  ["Landscape_6.jpg", "d7e48e47f06fc5c2"],
  ["Portrait_6.jpg", "e1037f7c2f8802e4"],
  ["low-contrast.jpg", "4afe82517c6df710"],
  ["Channel_digital_image_CMYK_color_no_profile.jpg", "94747aacd22d8498"],
  ["16-bit-grey-alpha.png", "327953522f2318b3"],
  ["grey-8bit-alpha.png", "90540ea0b87c372e"],
  ["tbgn2c16.png", "ebefb12e340b9af9"],
  ["animated-loop-3.gif", "d345d0223cbfddcf"],
  ["4.webp", "7c62a6412b43cd6f"],
  ["full-transparent.png", "2112b12f3098e9bd"],
  ["p3.png", "65b2e283a8bd4941"],
  ["pillow-hopper_bad_exif.jpg", "5519e0388225f775"],
  ["pillow-jpeg_ff00_header.jpg", "801f1f2a4ceec133"],
  ["pillow-hopper_float_dpi_None.tif", "87ce2dc3eea0549d"],
] as const

describe.skipIf(!found)("odd images", () => {
  const names = found ? readdirSync(folder).sort() : []
  const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)))

  it.effect("each gives an image or a reason, all at once", () =>
    Effect.gen(function* () {
      const step = yield* openEach(decode)
      const results = yield* Effect.forEach(names, (name) => Effect.result(step({ id: name, bytes: bytesOf(name) })), {
        concurrency: 8,
      })
      const said = new Map<string, string>()
      for (const [i, result] of results.entries()) {
        const name = names[i] ?? ""
        if (result._tag === "Success") {
          const { width, height, pixels } = result.success
          assert.strictEqual(pixels.length, width * height * 3, name)
        } else {
          assert.strictEqual(result.failure._tag, "RowError", name)
          const reason = "reason" in result.failure ? result.failure.reason : ""
          assert.match(reason, /^[^\n]{5,250}$/, name)
          said.set(name, reason)
        }
      }
      for (const [name, reason] of refused) assert.match(said.get(name) ?? "", reason, name)
      assert.isFalse(said.has("check.svg"))
    }).pipe(Effect.provide(services())),
  )

  it.effect.each(same)("%s has Pillow's pixels", ([name, digest]) =>
    Effect.gen(function* () {
      const step = yield* openEach(decode)
      const { pixels } = yield* step({ id: name, bytes: bytesOf(name) })
      assert.strictEqual(sha256(pixels).slice(0, 16), digest)
    }).pipe(Effect.provide(services())),
  )

  it.effect(
    "survives damage anywhere, and what it decodes can be preprocessed",
    () =>
      Effect.gen(function* () {
        const step = yield* openEach(decode)
        const shrink = yield* openEach(preprocess, {}, { resize: 64, crop: 56 })
        // A small generator of its own (Lehmer's): the same damage each time.
        let seed = 20261120
        const below = (n: number) => (seed = (seed * 48271) % 2147483647) % n
        const damaged = names.flatMap((name) =>
          Array.from({ length: 12 }, (_, round) => {
            const bytes = bytesOf(name)
            for (let i = 0; i < 1 + round; i++)
              bytes[below(round % 2 === 0 ? bytes.length : 600) % bytes.length] = below(256)
            return { id: `${name} ${round}`, bytes }
          }),
        )
        yield* Effect.forEach(
          damaged,
          (row) =>
            Effect.gen(function* () {
              const decoded = yield* Effect.result(step(row))
              if (decoded._tag === "Failure") {
                assert.strictEqual(decoded.failure._tag, "RowError", row.id)
              } else {
                const small = yield* Effect.result(shrink(decoded.success))
                if (small._tag === "Success") assert.strictEqual(small.success.pixels.data.length, 56 * 56 * 3, row.id)
              }
            }),
          { concurrency: 8 },
        )
      }).pipe(Effect.provide(services())),
    120_000,
  )
})
