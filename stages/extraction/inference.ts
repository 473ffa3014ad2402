/** Batches of images through a wrapped encoder. */
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import type { Batch } from "../../src/arrow/Table.ts"
import { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Features, Pixels } from "../tables.ts"
import type { ImageInput } from "./ports.ts"
import { ports } from "./wrap.ts"

// One run takes so many images, and fewer large ones: more are no faster, as they no longer fit the processor's
// caches, and take more memory.
const imagesInARun = 16
const pixelsInARun = 2 ** 18

// Several copies of an encoder on one thread each are faster than one on all cores. They may weigh this much together.
const weightOfCopies = 2 ** 28

const refused = (cause: Session.SessionError) => {
  const hint = /IR version|opset|domain_version|No Op registered|not a registered function/.test(cause.message)
    ? "export it for an older opset, and without operators of its own"
    : "see whether onnx.checker.check_model takes the file, and export it again"
  return new StageError({ message: `onnxruntime refuses the encoder: ${cause.message}`, hint, cause })
}

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

/** `count` images from `start` on; where there are fewer, the last one stands for the rest. */
const imagesOf = (pixels: Uint8Array, bytes: number, start: number, count: number): Uint8Array => {
  const there = pixels.subarray(start * bytes, (start + count) * bytes)
  if (there.length === count * bytes) return there
  const filled = new Uint8Array(count * bytes)
  const last = there.subarray(there.length - bytes)
  for (let at = 0; at < filled.length; at += bytes) filled.set(last, at)
  filled.set(there)
  return filled
}

const notFinite = (id: ReadonlyArray<string>, features: Float32Array, width: number) => {
  const bad = id.filter((_, row) => features.subarray(row * width, (row + 1) * width).some((x) => !Number.isFinite(x)))
  return new StageError({
    message: `the encoder gives NaN or infinite features for ${bad.length} of ${id.length} images, first for ${bad[0]}`,
    hint: "check `scale`, `mean` and `std`; a float16 model may overflow",
  })
}

/** What came out of one run of `fed` images, of which `wanted` are rows of the batch. */
interface Part {
  readonly features: Tensor.TensorOf<"float32">
  readonly finite: boolean
  readonly fed: number
  readonly wanted: number
}

const joined = Effect.fnUntraced(function* (id: ReadonlyArray<string>, parts: ReadonlyArray<Part>) {
  const width = parts[0]?.features.dims[1] ?? 0
  const data = new Float32Array(id.length * width)
  let at = 0
  for (const { fed, features, wanted } of parts) {
    if (features.dims[0] !== fed || features.dims[1] !== width) {
      return yield* new StageError({
        message: `the encoder gives features of the shape [${features.dims.join(", ")}] for ${fed} images`,
        hint: "choose another output by `output`, or export the encoder for batches of any size",
      })
    }
    data.set(features.data.subarray(0, wanted * width), at)
    at += wanted * width
  }
  if (parts.some(({ finite }) => !finite)) return yield* notFinite(id, data, width)
  return { id, features: { shape: [width], data } }
})

// Copies are opened when all others are busy, and kept.
const growing: Pool.Strategy<Session.Session, StageError> = {
  run: () => Effect.void,
  onAcquire: () => Effect.void,
  reclaim: () => Effect.undefined,
}

/**
 * Opens a wrapped encoder and gives what is done to each batch. Several batches
 * may be asked for at once: each has a copy of the encoder for itself.
 */
export const inference = Effect.fnUntraced(function* (wrapped: Uint8Array, input: ImageInput) {
  const cores = yield* Cores
  const copies = Math.min(cores.total, Math.max(1, Math.floor(weightOfCopies / wrapped.byteLength)))
  const threads = Math.max(1, Math.floor(cores.total / copies))
  const sessions = yield* Pool.makeWithStrategy({
    acquire: Effect.mapError(Session.open(wrapped, { threads }), refused),
    min: 1,
    max: copies,
    strategy: growing,
  })
  // A model that onnxruntime refuses is an error now, not at the first batch.
  yield* Effect.scoped(Pool.get(sessions))

  return Effect.fnUntraced(function* (
    batch: Batch<typeof Pixels>,
  ): Effect.fn.Return<Batch<typeof Features>, StageError> {
    const { id, pixels } = batch
    if (id.length === 0) return { id, features: { shape: [0], data: new Float32Array(0) } }
    const { bytes, height, width } = yield* checkSize(input, batch)
    const size = runSize(input, height, width)
    const starts = Array.from({ length: Math.ceil(id.length / size) }, (_, i) => i * size)

    const run = Effect.fnUntraced(
      function* (session: Session.Session, start: number) {
        const wanted = Math.min(size, id.length - start)
        const fed = input.batch ?? wanted
        const images = Tensor.uint8([fed, height, width, 3], imagesOf(pixels.data, bytes, start, fed))
        const results = yield* session.run(
          { [ports.pixels]: images },
          { [ports.features]: "float32", [ports.finite]: "float32" },
        )
        return { features: results[ports.features], finite: results[ports.finite].data[0] === 0, fed, wanted }
      },
      Effect.mapError(failed(height, width)),
    )

    const parts = yield* Pool.use(sessions, (session) =>
      // The next run is on its way while one is computed.
      cores.use(threads)(Effect.forEach(starts, (start) => run(session, start), { concurrency: 2 })),
    )
    return yield* joined(id, parts)
  })
})
