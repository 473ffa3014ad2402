import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { centre, shortSide } from "../../stages/geometry.ts"
import { preprocess } from "../../stages/preprocess.ts"
import { resample } from "../../stages/resample.ts"
import { machines } from "../../stages/resampling/machines.ts"
import { openEach, services } from "../harness.ts"
import { pattern, pillow, sha256 } from "../peers/pillow.ts"

const image = (width: number, height: number, id = "a") => ({
  id,
  width,
  height,
  pixels: pattern(width, height),
  fast: "",
})
const open = (params: object) => openEach(preprocess, {}, params)
const problem = (params: object) =>
  Effect.map(Effect.flip(Schema.decodeUnknownEffect(preprocess.params)(params)), (error) => error.message)

const side = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 1, maximum }))

describe(`Pillow ${pillow.pillow} and torchvision's rules`, () => {
  it.effect.each(pillow.preprocess)("$width x $height, $params", (expected) =>
    Effect.gen(function* () {
      const step = yield* open(expected.params)
      const { pixels } = yield* step(image(expected.width, expected.height))
      assert.deepStrictEqual(pixels.shape, [expected.size[1], expected.size[0], 3])
      if (expected.bytes !== undefined) assert.deepStrictEqual([...pixels.data], [...expected.bytes])
      assert.strictEqual(sha256(pixels.data), expected.sha256)
    }).pipe(Effect.provide(services())),
  )

  it("cuts the long side off, as int() does", () => {
    // 256 * 500 / 333 is 384.38, 256 * 499 / 333 is 383.6.
    assert.deepStrictEqual(shortSide({ height: 333, width: 499 }, 256), { height: 256, width: 383 })
    assert.deepStrictEqual(shortSide({ height: 499, width: 333 }, 256), { height: 383, width: 256 })
  })

  it("rounds crop offsets to even, as round() does", () => {
    const lefts = [3, 5, 7, 9].map((width) => centre({ height: 2, width }, { height: 2, width: 2 }).left)
    assert.deepStrictEqual(lefts, [0, 2, 2, 4])
  })

  it.effect("rounds crop offsets up where older code does", () =>
    Effect.gen(function* () {
      const lefts = [2, 3, 4, 5, 7].map(
        (width) => centre({ height: 2, width }, { height: 2, width: 2 }, "half-up").left,
      )
      assert.deepStrictEqual(lefts, [0, 1, 1, 2, 3])
      const step = yield* open({ crop: 4, offset: "half-up" })
      const { pixels } = yield* step(image(5, 7))
      const rows = [2, 3, 4, 5].map((y) => [...pattern(5, 7).subarray((y * 5 + 1) * 3, (y + 1) * 15)])
      assert.deepStrictEqual([...pixels.data], rows.flat())
    }).pipe(Effect.provide(services())),
  )
})

it.effect.prop(
  "computes only what is kept, with the result of cutting afterwards",
  {
    height: side(40),
    width: side(40),
    toHeight: side(30),
    toWidth: side(30),
    cut: Schema.Tuple([side(30), side(30), side(30), side(30)]),
    filter: Schema.Literals(["bilinear", "bicubic", "nearest"]),
  },
  ({ height, width, toHeight, toWidth, cut, filter }) =>
    Effect.sync(() => {
      const source = { pixels: pattern(width, height), stride: width, box: { top: 0, left: 0, height, width } }
      const to = { height: toHeight, width: toWidth }
      const top = (cut[0] - 1) % toHeight
      const left = (cut[1] - 1) % toWidth
      const window = {
        top,
        left,
        height: 1 + (cut[2] % (toHeight - top)),
        width: 1 + (cut[3] % (toWidth - left)),
      }
      const all = resample(source, to, { top: 0, left: 0, ...to }, filter)
      const rows = Array.from({ length: window.height }, (_, y) => {
        const from = ((top + y) * toWidth + left) * 3
        return [...all.subarray(from, from + window.width * 3)]
      })
      assert.deepStrictEqual([...resample(source, to, window, filter)], rows.flat())
    }),
)

describe("a large image", () => {
  const whole = (width: number, height: number) => ({ top: 0, left: 0, height, width })

  it("is resized as its halves are", () => {
    const [width, height] = [700, 900]
    const pixels = pattern(width, height)
    const narrow = (top: number, rows: number) => {
      const box = { top, left: 0, height: rows, width }
      return resample({ pixels, stride: width, box }, { height: rows, width: 90 }, whole(90, rows), "bicubic")
    }
    const halves = [...narrow(0, 450), ...narrow(450, 450)]
    assert.deepStrictEqual([...narrow(0, height)], halves)
  })

  it("leaves no large memory behind", () => {
    const machine = machines()
    const source = { pixels: pattern(3, 2), stride: 3, box: whole(3, 2) }
    const small = () => resample(source, { height: 5, width: 7 }, whole(7, 5), "bilinear", machine)
    const before = [...small()]
    const first = machine()
    resample(source, { height: 5000, width: 5000 }, whole(5000, 5000), "bilinear", machine)
    assert.deepStrictEqual([...small()], before)
    assert.notStrictEqual(machine(), first)
    assert.isBelow(machine().memory(0).byteLength, 2 ** 21)
  })
})

describe("preprocess", () => {
  it.effect("pads to a square in black, the odd pixel right and below, as torchvision's center_crop does", () =>
    Effect.gen(function* () {
      for (const [width, height, left, top] of [
        [6, 3, 0, 1],
        [4, 7, 1, 0],
        [5, 5, 0, 0],
      ] as const) {
        const { pixels } = yield* (yield* open({ pad: "square" }))(image(width, height))
        const side = Math.max(width, height)
        const given = pattern(width, height)
        const expected = Array.from({ length: side * side * 3 }, (_, at) => {
          const [y, x, band] = [Math.floor(at / 3 / side) - top, (Math.floor(at / 3) % side) - left, at % 3]
          return y >= 0 && y < height && x >= 0 && x < width ? (given[(y * width + x) * 3 + band] ?? 0) : 0
        })
        assert.deepStrictEqual([...pixels.data], expected)
        assert.deepStrictEqual(pixels.shape, [side, side, 3])
      }
      const padded = yield* open({ pad: "square", resize: 8, crop: 6 })
      const whole = yield* open({ resize: 8, crop: 6 })
      const square = yield* (yield* open({ pad: "square" }))(image(9, 4))
      const again = { ...image(9, 9), pixels: square.pixels.data }
      assert.deepStrictEqual([...(yield* padded(image(9, 4))).pixels.data], [...(yield* whole(again)).pixels.data])
    }).pipe(Effect.provide(services())),
  )

  it.effect("takes what was resized while it was decoded only as it asks for it", () =>
    Effect.gen(function* () {
      const decoded = { ...image(12, 8), fast: "8 bilinear" }
      const { pixels } = yield* (yield* open({ resize: 8, crop: 8 }))(decoded)
      const rows = Array.from({ length: 8 }, (_, y) => [
        ...decoded.pixels.subarray((y * 12 + 2) * 3, (y * 12 + 10) * 3),
      ])
      assert.deepStrictEqual([...pixels.data], rows.flat())
      const refused = [
        { resize: 10, crop: 8 },
        { resize: 8, crop: 8, filter: "bicubic" },
        { resize: [8, 8] },
        { crop: 8 },
        { cropFirst: 0.5, resize: 8 },
        { pad: "square", resize: 8 },
      ]
      for (const params of refused) {
        const error = yield* Effect.flip((yield* open(params))(decoded))
        assert.strictEqual(error._tag, "StageError", JSON.stringify(params))
        assert.match(
          JSON.stringify(error),
          /decoded fast for 8 bilinear, and here .* is asked for \(a\).*`fast` of `decode`/u,
        )
      }
    }).pipe(Effect.provide(services())),
  )

  it.effect("keeps an image as it is where nothing is asked", () =>
    Effect.gen(function* () {
      const step = yield* open({})
      const { pixels } = yield* step(image(5, 4))
      assert.deepStrictEqual(pixels.shape, [4, 5, 3])
      assert.deepStrictEqual([...pixels.data], [...pattern(5, 4)])
    }).pipe(Effect.provide(services())),
  )

  it.effect("says that an image is smaller than the crop", () =>
    Effect.gen(function* () {
      const step = yield* open({ crop: 32 })
      const error = yield* Effect.flip(step(image(40, 30)))
      assert.strictEqual(error._tag, "RowError")
      assert.include(JSON.stringify(error), "40 x 30 pixels, smaller than the crop of 32")
    }).pipe(Effect.provide(services())),
  )

  it.effect("tells to set a crop where sizes differ", () =>
    Effect.gen(function* () {
      const step = yield* open({ resize: 8 })
      yield* step(image(20, 10))
      const error = yield* Effect.flip(step(image(30, 10, "b")))
      assert.strictEqual(error._tag, "StageError")
      assert.include(error.message, "16 x 8, and 24 x 8 for b")
      assert.include(JSON.stringify(error), "crop")
    }).pipe(Effect.provide(services())),
  )

  it.effect("refuses what a very long image would become", () =>
    Effect.gen(function* () {
      const step = yield* open({ resize: 10_000 })
      const error = yield* Effect.flip(step(image(4000, 1)))
      assert.strictEqual(error._tag, "RowError")
      // With a crop the same image is no trouble: only the crop is computed.
      const small = yield* open({ resize: 10_000, crop: 4 })
      assert.deepStrictEqual((yield* small(image(4000, 1))).pixels.shape, [4, 4, 3])
    }).pipe(Effect.provide(services())),
  )

  it.effect("refuses params that make no sense, by name", () =>
    Effect.gen(function* () {
      assert.match(yield* problem({ resize: 56, crop: 64 }), /crop of 64 does not fit.*56[\s\S]*crop/)
      assert.match(yield* problem({ resize: [64, 48], crop: 56 }), /48[\s\S]*crop/)
      assert.match(yield* problem({ resize: 0 }), /resize/)
      assert.match(yield* problem({ cropFirst: 1.5 }), /cropFirst/)
      assert.match(yield* problem({ filter: "lanczos" }), /filter/)
      assert.match(yield* problem({ pad: "square", cropFirst: 1 }), /either padded or cropped first/)
    }),
  )

  it.effect("takes bilinear where no filter is named", () =>
    Effect.gen(function* () {
      const params = yield* Schema.decodeUnknownEffect(preprocess.params)({ resize: 8 })
      assert.deepStrictEqual(params, { resize: 8, filter: "bilinear" })
    }),
  )
})
