import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Row } from "../src/arrow/Table.ts"
import { each } from "../src/dsl/Stage.ts"
import { RowError, StageError } from "../src/dsl/StageError.ts"
import { type Box, centre, centreShare, shortSide, type Size } from "./geometry.ts"
import { resample } from "./resample.ts"
import { machines } from "./resampling/machines.ts"
import { FilterParam, Side } from "./resampling/params.ts"
import { Decoded, Pixels } from "./tables.ts"

const Params = Schema.Struct({
  /** Frames the image in black before the resize, so that it is a square with the long side. */
  pad: Schema.optionalKey(Schema.Literal("square")),
  /** Side of a middle square that is cut out before the resize, as a share of the short side. */
  cropFirst: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThanOrEqualTo(1))),
  /** The short side afterwards, or `[height, width]`. */
  resize: Schema.optionalKey(Schema.Union([Side, Schema.Tuple([Side, Side])])),
  /** Side of the middle square that is kept. */
  crop: Schema.optionalKey(Side),
  /** Where a crop begins when what is cut off is odd: `half-even` (torchvision's, and meant where nothing is said) or `half-up`. */
  offset: Schema.optionalKey(Schema.Literals(["half-even", "half-up"])),
  filter: FilterParam,
}).check(
  Schema.makeFilter(({ cropFirst, pad }) =>
    pad === undefined || cropFirst === undefined
      ? undefined
      : { path: ["pad"], issue: "an image is either padded or cropped first: leave `pad` or `cropFirst` out" },
  ),
  Schema.makeFilter(({ resize, crop }) => {
    const least = resize === undefined ? Infinity : Math.min(...[resize].flat())
    return crop === undefined || crop <= least
      ? undefined
      : { path: ["crop"], issue: `a crop of ${crop} does not fit into what resize leaves: ${least}` }
  }),
)
type Params = typeof Params.Type

/** What is cut out first, the size that is resized to, and what of that is kept. */
interface Plan {
  readonly box: Box
  readonly to: Size
  readonly window: Box
}

const planOf = (image: Size, { cropFirst, resize, crop, offset }: Params): Plan => {
  const box = cropFirst === undefined ? { top: 0, left: 0, ...image } : centreShare(image, cropFirst, offset)
  const size = { height: box.height, width: box.width }
  const to =
    resize === undefined
      ? size
      : typeof resize === "number"
        ? shortSide(size, resize)
        : { height: resize[0], width: resize[1] }
  const kept = crop === undefined ? to : { height: crop, width: crop }
  return { box, to, window: centre(to, kept, offset) }
}

type Image = Row<typeof Decoded>

/** A black square with the image in its middle, the odd pixel right and below (torchvision's `center_crop` of a larger size). */
const squared = ({ height, pixels, width, ...row }: Image): Image => {
  const side = Math.max(height, width)
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)]
  const square = new Uint8Array(side * side * 3)
  for (let y = 0; y < height; y++) {
    square.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * side + left) * 3)
  }
  return { ...row, height: side, width: side, pixels: square }
}

/** What is wrong with an image that was resized while it was decoded, if anything: its size must be the one asked for. */
const misfit = ({ fast, id }: Image, { cropFirst, filter, pad, resize }: Params): StageError | undefined => {
  if (fast === "") return undefined
  const first = pad === undefined ? (cropFirst === undefined ? "" : "cropFirst, ") : "pad, "
  const asked = `${first}${resize === undefined ? "no resize" : `${[resize].flat().join(" x ")} ${filter}`}`
  return asked === fast
    ? undefined
    : new StageError({
        message: `images were decoded fast for ${fast}, and here ${asked} is asked for (${id})`,
        hint: "give `fast` of `decode` the same `resize` and `filter` as here, or leave it out",
      })
}

/** The most pixels of a result, or between the two passes: what a short side makes of a very long image has no bound of its own. */
const most = 0x3fff * 0x3fff

/**
 * Brings decoded images to one size: `[height, width, 3]` of uint8, RGB. In this
 * order, each where given: cut out the middle square of `cropFirst` times the
 * short side, or pad to a square in black (`pad: "square"`); resize to a short side of `resize` pixels, or to `[height, width]`
 * exactly; cut out the middle square of `crop` pixels.
 *
 * | published as | here |
 * |---|---|
 * | ResNets: Resize(256), CenterCrop(224) | `{ resize: 256, crop: 224 }` |
 * | DINO, most ViTs: the same, bicubic | `{ resize: 256, crop: 224, filter: "bicubic" }` |
 * | Cole et al. 2022: 87.5% of the short side, then 224 | `{ cropFirst: 0.875, resize: 224 }` |
 * | Marks et al. 2025, CUB, Caltech-256, CIFAR-100: CenterCrop(max), Resize(256), CenterCrop(224) | `{ pad: "square", resize: 256, crop: 224 }` |
 * | the same, Pascal VOC: CenterCrop(min) first | `{ cropFirst: 1, resize: 256, crop: 224 }` |
 *
 * The numbers are those of torchvision on PIL images, bit for bit: its rules for
 * the long side and for crop offsets (see `geometry.ts`), and Pillow's resampler
 * with `bilinear` (the default), `bicubic` or `nearest` (see `resample.ts`).
 * `cropFirst` rounds its side to the nearest pixel, halves to even. A crop begins
 * at `int(round(rest / 2.0))`, or with `offset: "half-up"` at `int((rest + 1) * 0.5)`,
 * as in older code and in TensorFlow's (SimCLR, BYOL).
 *
 * An image smaller than `crop`, where nothing resizes it, is a `RowError`
 * (torchvision would frame it in black). Images that come out in different sizes
 * are a `StageError`: set `crop`, or both sides of `resize`. So are images that
 * `decode` resized in its fast mode by another `resize` or `filter`.
 *
 * The work runs on JavaScript's own thread: 0.2 ms an image of 500 x 375 pixels
 * (bicubic 0.3), beside 2 ms for decoding it on another. It holds no core's permit,
 * which would keep a decoder waiting. One process so preprocesses at most some 2,000 such images a second.
 *
 * @example
 * const pixels = preprocess(decode(images), { resize: 256, crop: 224 })
 */
export const preprocess = each("preprocess", {
  module: import.meta,
  params: Params,
  inputs: { images: Decoded },
  output: Pixels,
  over: "images",
  persist: "budget",
  open: (_, params: Params) =>
    Effect.sync(() => {
      const machine = machines()
      let shape: ReadonlyArray<number> | undefined

      return Effect.fnUntraced(function* (given: Image): Effect.fn.Return<Row<typeof Pixels>, RowError | StageError> {
        const wrong = misfit(given, params)
        if (wrong !== undefined) return yield* wrong
        const found = `${given.width} x ${given.height} pixels`
        if (params.pad !== undefined && Math.max(given.width, given.height) ** 2 > most) {
          return yield* new RowError({ reason: `${found}, too long to be padded to a square` })
        }
        const row = params.pad === undefined || given.width === given.height ? given : squared(given)
        const { box, to, window } = planOf(row, params)
        const { height, width } = window
        if (window.top < 0 || window.left < 0) {
          return yield* new RowError({ reason: `${found}, smaller than the crop of ${height}` })
        }
        if (to.height < 1 || to.width < 1 || height * width > most || box.height * width > most) {
          return yield* new RowError({ reason: `${found}, which would be resized to ${to.width} x ${to.height}` })
        }
        shape ??= [height, width, 3]
        if (shape[0] !== height || shape[1] !== width) {
          return yield* new StageError({
            message: `images of different sizes come out: ${shape[1]} x ${shape[0]}, and ${width} x ${height} for ${row.id}`,
            hint: "set `crop` (with `resize`), or `resize: [height, width]`",
          })
        }
        const data = resample({ pixels: row.pixels, stride: row.width, box }, to, window, params.filter, machine)
        return { id: row.id, pixels: { shape, data } }
      })
    }),
})
