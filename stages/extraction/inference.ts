/** Batches of images through a wrapped encoder. */
import * as Effect from "effect/Effect"
import type { Batch } from "../../src/arrow/Table.ts"
import { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Features, Pixels } from "../tables.ts"
import type { ImageInput } from "./input.ts"
import { refused } from "./refused.ts"
import { ports } from "./wrap.ts"

// One run takes so many images, and fewer large ones: more are no faster, as they no longer fit the processor's
// caches, and take more memory.
const imagesInARun = 16
const pixelsInARun = 2 ** 18

// Several copies of an encoder on one thread each are faster than one on all cores. They may weigh this much together.
const weightOfCopies = 2 ** 28

const failed = (height: number, width: number) => (cause: Session.SessionError) =>
  new StageError({
    message: `the encoder fails on images of ${height} x ${width}: ${cause.message}`,
    hint: "it may have been made for another size, or for one image at a time",
    cause,
  })

const checkSize = Effect.fnUntraced(function* (input: ImageInput, { pixels: { shape } }: Batch<typeof Pixels>) {
  const [height = 0, width = 0, channels] = shape
  if (shape.length !== 3 || channels !== 3) {
    return yield* new StageError({ message: `images are [height, width, 3], and these are [${shape.join(", ")}]` })
  }
  if ((input.height ?? height) !== height || (input.width ?? width) !== width) {
    const sides = `${input.height ?? "any"} x ${input.width ?? "any"}`
    return yield* new StageError({
      message: `the encoder takes images of ${sides}, and these are ${height} x ${width}`,
      hint: "preprocess them to its size",
    })
  }
  return { height, width, bytes: height * width * 3 }
})

/** How many images go into one run: as many as the model wants, or else a power of two. */
const runSize = (input: ImageInput, height: number, width: number) => {
  const fitting = 2 ** Math.floor(Math.log2(pixelsInARun / (height * width)))
  return input.batch ?? Math.min(imagesInARun, Math.max(1, fitting))
}

/** The images, and the last one again as often as is needed to fill up runs of `size`. */
const filled = (pixels: Uint8Array, bytes: number, size: number): Uint8Array => {
  const missing = (size - ((pixels.length / bytes) % size)) % size
  if (missing === 0) return pixels
  const all = new Uint8Array(pixels.length + missing * bytes)
  all.set(pixels)
  for (let at = pixels.length; at < all.length; at += bytes) all.set(pixels.subarray(pixels.length - bytes), at)
  return all
}

const notFinite = (id: ReadonlyArray<string>, finite: Float32Array) => {
  const bad = id.filter((_, row) => finite[row] !== 0)
  return new StageError({
    message: `the encoder gives NaN or infinite features for ${bad.length} of ${id.length} images, first for ${bad[0]}`,
    hint: "check `scale`, `mean` and `std`; a float16 model may overflow",
  })
}

/**
 * Opens a wrapped encoder and gives what is done to each batch. Several batches
 * may be asked for at once: each has a copy of the encoder for itself.
 */
export const inference = Effect.fnUntraced(function* (wrapped: Uint8Array, input: ImageInput) {
  const cores = yield* Cores
  const copies = Math.min(cores.total, Math.max(1, Math.floor(weightOfCopies / wrapped.byteLength)))
  const threads = Math.max(1, Math.floor(cores.total / copies))
  const session = yield* Effect.mapError(Session.open(wrapped, { copies, threads }), refused)

  return Effect.fnUntraced(function* (
    batch: Batch<typeof Pixels>,
  ): Effect.fn.Return<Batch<typeof Features>, StageError> {
    const { id, pixels } = batch
    if (id.length === 0) return { id, features: { shape: [0], data: new Float32Array(0) } }
    const { bytes, height, width } = yield* checkSize(input, batch)
    const size = runSize(input, height, width)
    const data = input.batch === undefined ? pixels.data : filled(pixels.data, bytes, size)
    const fed = data.length / bytes
    const found = yield* session
      .run(
        { [ports.pixels]: Tensor.uint8([fed, height, width, 3], data) },
        { [ports.features]: "float32", [ports.finite]: "float32" },
        { rows: size },
      )
      .pipe(cores.use(threads), Effect.mapError(failed(height, width)))
    const features = found[ports.features]
    const finite = found[ports.finite].data
    const [rows, ...sizes] = features.dims
    if (rows !== fed || sizes.length !== 1) {
      return yield* new StageError({
        message: `the encoder gives features of the shape [${features.dims.join(", ")}] for ${fed} images`,
        hint: "choose another output by `output`, or export the encoder for batches of any size",
      })
    }
    if (finite.subarray(0, id.length).some((x) => x !== 0)) return yield* notFinite(id, finite)
    const all = features.data.subarray(0, id.length * (sizes[0] ?? 0))
    return { id, features: { shape: sizes, data: all } }
  })
})
