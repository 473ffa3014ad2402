import { execFileSync } from "node:child_process"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { degrade } from "../../../stages/corruption/degrade.ts"
import { openEach, services } from "../../harness.ts"
import { pattern } from "../../peers/pillow.ts"

const kinds = ["resize", "downsample-2x", "downsample-4x", "jpeg-10", "salt-pepper"] as const
const image = { id: "a/b.jpg", height: 90, width: 130, pixels: pattern(130, 90), fast: "" }

const degraded = (kind: string, row: typeof image = image, params: object = {}) =>
  Effect.gen(function* () {
    const step = yield* openEach(degrade, {}, { kind, ...params })
    return yield* step(row)
  }).pipe(Effect.scoped, Effect.provide(services()))

const pillow = `
import sys, json, base64, io
from PIL import Image
w, h, kind = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
image = Image.frombytes("RGB", (w, h), sys.stdin.buffer.read())
def resize(image):
    short = min(w, h)
    return image.resize((256 * w // short, 256 * h // short), Image.NEAREST)
if kind == "jpeg-10":
    file = io.BytesIO()
    image.save(file, "JPEG", quality=10)
    image = Image.open(file)
else:
    image = resize(image)
    factor = {"resize": 1, "downsample-2x": 2, "downsample-4x": 4}[kind]
    size = image.size
    image = image.resize((size[0] // factor, size[1] // factor), Image.NEAREST).resize(size, Image.NEAREST)
sys.stdout.write(json.dumps([image.width, image.height, base64.b64encode(image.tobytes()).decode()]))
`
const byPillow = (kind: string): [number, number, string] | undefined => {
  try {
    const text = execFileSync("/usr/bin/python3", ["-c", pillow, "130", "90", kind], {
      input: image.pixels,
      stdio: ["pipe", "pipe", "ignore"],
      encoding: "utf8",
    })
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe("degrade", () => {
  for (const kind of kinds.slice(0, 4)) {
    it.effect(`${kind}: the pixels of Pillow`, (context) =>
      Effect.gen(function* () {
        const expected = byPillow(kind)
        if (expected === undefined) return context.skip()
        const { height, pixels, width } = yield* degraded(kind)
        expect([width, height]).toEqual(expected.slice(0, 2))
        expect(Buffer.from(pixels).equals(Buffer.from(expected[2], "base64"))).toBe(true)
      }),
    )
  }

  it.effect("salt-pepper: one in a hundred pixels and channels becomes 0 or 255, as often the one as the other", () =>
    Effect.gen(function* () {
      const grey = { id: "x", height: 400, width: 400, pixels: new Uint8Array(400 * 400 * 3).fill(100), fast: "" }
      const { pixels } = yield* degraded("salt-pepper", grey)
      const count = (value: number) => pixels.reduce((total, byte) => total + (byte === value ? 1 : 0), 0)
      const [pepper, salt, rest] = [count(0), count(255), count(100)]
      expect(pepper + salt + rest).toBe(480_000)
      // Binomial(480,000, .005): mean 2400, standard deviation 49.
      expect(Math.abs(pepper - 2400)).toBeLessThan(250)
      expect(Math.abs(salt - 2400)).toBeLessThan(250)
    }),
  )

  it.effect("noise hangs on the id and the seed alone; the image that came is not changed", () =>
    Effect.gen(function* () {
      const before = image.pixels.slice()
      const once = yield* degraded("salt-pepper")
      expect(yield* degraded("salt-pepper")).toEqual(once)
      expect(image.pixels).toEqual(before)
      expect((yield* degraded("salt-pepper", { ...image, id: "other" })).pixels).not.toEqual(once.pixels)
      expect((yield* degraded("salt-pepper", image, { seed: 1 })).pixels).not.toEqual(once.pixels)
    }),
  )

  it.effect("refuses images that were resized while they were decoded", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(degraded("salt-pepper", { ...image, fast: "256 bilinear" }))
      expect(error._tag).toBe("StageError")
      expect(JSON.stringify(error)).toMatch(
        /decoded fast for 256 bilinear.*\(a\/b\.jpg\).*leave `fast` of `decode` out/u,
      )
    }),
  )

  it.effect("an image of one pixel goes through all kinds", () =>
    Effect.gen(function* () {
      for (const kind of kinds) {
        const { height, pixels, width } = yield* degraded(kind, {
          id: "dot",
          height: 1,
          width: 1,
          pixels: Uint8Array.of(1, 2, 3),
          fast: "",
        })
        expect(pixels.length).toBe(height * width * 3)
      }
    }),
  )
})
