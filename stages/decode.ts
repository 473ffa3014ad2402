import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type sharp from "sharp"
import type { Sharp, SharpOptions } from "sharp"
import { Cores } from "../src/dsl/Services.ts"
import { each } from "../src/dsl/Stage.ts"
import { RowError } from "../src/dsl/StageError.ts"
import { cmykToRgb, mayBeCmyk } from "./cmyk.ts"
import { shortSide } from "./geometry.ts"
import * as Libvips from "./libvips.ts"
import { FilterParam, Side } from "./resampling/params.ts"
import { Decoded, Images } from "./tables.ts"

const Params = Schema.Struct({
  /** Whether the EXIF orientation turns the image. */
  orientation: Schema.Literals(["ignore", "apply"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("ignore"))),
  /** Whether an embedded colour profile is converted to sRGB. */
  icc: Schema.Literals(["ignore", "convert"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("ignore"))),
  /** Whether alpha is dropped, or the image laid on white or black. */
  alpha: Schema.Literals(["drop", "white", "black"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("drop"))),
  /** The most pixels (width x height) an image may have. */
  limit: Schema.Int.check(Schema.isGreaterThan(0)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0x3fff * 0x3fff))),
  /** Whether a bad image fails the node, or is left out and recorded. */
  policy: Schema.Literals(["fail", "skip"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("fail"))),
  /** Fast mode: `resize` and `filter` as `preprocess` has them, by which large JPEGs are resized while they are decoded. */
  fast: Schema.optionalKey(Schema.Struct({ resize: Side, filter: FilterParam })),
})
type Params = typeof Params.Type

interface Image {
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
  readonly fast: string
}

const kernels = { bilinear: "linear", bicubic: "cubic", nearest: "nearest" } as const

/** How many times as large as its result an image must be for libvips to decode it smaller than it is. */
const worthwhile = 3

/** The size that fast mode resizes to; undefined for what is no JPEG, or not large enough. */
const fastSize = async (image: Sharp, bytes: Uint8Array, { fast, orientation }: Params) => {
  if (fast === undefined || bytes[0] !== 0xff || bytes[1] !== 0xd8) return undefined
  const stored = await image.metadata()
  const { height, width } = orientation === "apply" ? stored.autoOrient : stored
  return Math.min(height, width) < worthwhile * fast.resize ? undefined : shortSide({ height, width }, fast.resize)
}

const kinds = "JPEG, PNG, WebP, GIF, TIFF or SVG"

const run = async (load: typeof sharp, bytes: Uint8Array, params: Params): Promise<Image> => {
  const options: SharpOptions = {
    failOn: "error",
    ignoreIcc: params.icc === "ignore",
    autoOrient: params.orientation === "apply",
    limitInputPixels: params.limit,
  }
  const image = load(bytes, options)
  const asksColours = params.icc === "convert" || mayBeCmyk(bytes)
  const space = asksColours ? (await load(bytes, options).metadata()).space : undefined
  if (space === "cmyk" && params.icc === "ignore") {
    const plain = image.pipelineColourspace("cmyk").toColourspace("cmyk").raw({ depth: "uchar" })
    const { data, info } = await plain.toBuffer({ resolveWithObject: true })
    if (info.channels !== 4) throw new Error(`${info.channels} channels where CMYK has 4`)
    return { height: info.height, width: info.width, pixels: cmykToRgb(data), fast: "" }
  }
  // Of 16-bit RGB sharp converts profiles to Display P3, unless it is sRGB of 8 bits before.
  if (space === "rgb16" && params.icc === "convert") image.pipelineColourspace("srgb")
  const size = await fastSize(image, bytes, params)
  const { filter = "bilinear", resize = 0 } = params.fast ?? {}
  if (size !== undefined) image.resize({ ...size, fit: "fill", kernel: kernels[filter] })
  const opaque = params.alpha === "drop" ? image.removeAlpha() : image.flatten({ background: params.alpha })
  const { data, info } = await opaque
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
  if (info.channels !== 3) throw new Error(`${info.channels} channels where RGB has 3`)
  const fast = size === undefined ? "" : `${resize} ${filter}`
  return { height: info.height, width: info.width, pixels: data, fast }
}

/** What libvips says of a bad image, in one line. Its last words are the nearest to the cause. */
const reasonOf = (cause: unknown): string => {
  const text = cause instanceof Error ? cause.message : String(cause)
  if (text.includes("unsupported image format")) return `not a ${kinds}, or damaged so that it cannot be told`
  if (text.includes("is empty")) return "the file is empty"
  const lines = text.replace(/^Input buffer has corrupt header:/, "").split("\n")
  const last = lines.map((line) => line.trim()).findLast((line) => line !== "") ?? "no reason given"
  return `damaged image: ${last.slice(0, 200)}`
}

/**
 * Decodes encoded images (JPEG, PNG, WebP, the first frame of a GIF, TIFF, SVG)
 * to RGB: `pixels` is `[height, width, 3]` of uint8, row by row. The defaults
 * give the pixels of Pillow's `Image.open(file).convert("RGB")`, which is what
 * torchvision's `ImageFolder` feeds to a model:
 *
 * - `orientation: "ignore"`: the EXIF orientation does not turn the image.
 *   `"apply"` turns and mirrors it as viewers do.
 * - `icc: "ignore"`: colour profiles are not looked at, and JPEG pixels equal
 *   Pillow's bit for bit. `"convert"` converts to sRGB.
 * - `alpha: "drop"`: the colours are kept as they are stored, whatever alpha
 *   says, as Pillow does. What is drawn on a transparent ground (most SVG)
 *   then has jagged edges on black: `"white"` and `"black"` lay it on a colour.
 * - Grey becomes three equal channels, a palette its colours. Of 16 bits the
 *   high byte is kept (v >> 8); Pillow clips 16-bit grey at 255 instead.
 * - CMYK becomes RGB by Pillow's formula; with `icc: "convert"` through a
 *   profile, the image's own or a generic one.
 *
 * An image is refused where Pillow refuses it: truncated or corrupt data is a
 * `RowError`, an oddity that decoders only warn of is not. So is an image of
 * more than `limit` pixels, before any is decoded. `policy: "skip"` leaves bad
 * images out and records why.
 *
 * `fast: { resize: 256 }` is another mode, for who can bear other pixels: JPEGs
 * whose short side is at least three times as long are brought to it by libvips
 * while they are decoded, at a half, a quarter (from five times on) or an eighth
 * (nine) of their size by the JPEG decoder itself and then by libvips's kernel
 * instead of Pillow's. `preprocess` must have the same `resize` and `filter`, and
 * fails otherwise; so does what needs an image as it is stored (`degrade`). All
 * other images are decoded as ever. `bench/preprocess.ts` tells speed and differences.
 *
 * @example
 * const pixels = preprocess(decode(images, { policy: "skip" }), { resize: 256, crop: 224 })
 */
export const decode = each("decode", {
  module: import.meta,
  params: Params,
  inputs: { images: Images },
  output: Decoded,
  over: "images",
  persist: "never",
  environment: Libvips.versions,
  onBadRow: ({ policy }) => policy,
  // libvips's memory, half a megabyte an image of usual size. Left to the garbage collector it costs a fifth of the time.
  release: ({ pixels: { buffer, byteLength } }) => {
    // Node.js 20 has no `transfer`.
    if (buffer instanceof ArrayBuffer && "transfer" in buffer && buffer.byteLength === byteLength) buffer.transfer(0)
  },
  open: Effect.fnUntraced(function* (_, params: Params) {
    const load = yield* Libvips.load
    const cores = yield* Cores

    const refusal = (bytes: Uint8Array, cause: unknown): Effect.Effect<never, RowError> =>
      cause instanceof Error && cause.message.includes("pixel limit")
        ? Effect.tryPromise({
            try: () => load(bytes, { limitInputPixels: false }).metadata(),
            catch: (cause) => new RowError({ reason: reasonOf(cause) }),
          }).pipe(
            Effect.flatMap(({ width, height }) => {
              const size = `${width} x ${height} pixels`
              return Effect.fail(new RowError({ reason: `${size}, more than the limit of ${params.limit} in all` }))
            }),
          )
        : Effect.fail(new RowError({ reason: reasonOf(cause) }))

    return ({ id, bytes }) => {
      const attempt = Effect.tryPromise({ try: () => run(load, bytes, params), catch: (cause) => ({ cause }) })
      return cores
        .use(1)(attempt)
        .pipe(
          // libvips collects messages in one place for all threads. To have this
          // image's alone, so that equal runs record equal reasons, it is tried
          // again while nothing else is decoded.
          Effect.catch(() => cores.use(cores.total)(attempt)),
          Effect.catch(({ cause }) => refusal(bytes, cause)),
          Effect.map((image) => ({ id, ...image })),
        )
    }
  }),
})
