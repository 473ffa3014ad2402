/** Runs the miniature encoders in tests. */
import * as Effect from "effect/Effect"
import sharp from "sharp"
import type { AnyReaders } from "../../../src/dsl/Stage.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { draw } from "../../../stages/miniature/draw.ts"
import { type Encoder, Pixels } from "../../../stages/tables.ts"
import { readerOf, runWhole, type StageTo } from "../../harness.ts"

/** Pixels along a side. */
export const side = 56
const length = side * side * 3

/** Images as `[rows, 56, 56, 3]`. */
export type Pictures = ReadonlyArray<Uint8Array>

/** Pictures drawn by a formula. */
export const picture = (value: (x: number, y: number, channel: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => {
    const pixel = Math.floor(i / 3)
    return value(pixel % side, Math.floor(pixel / side), i % 3)
  })

/** Training images of the miniature world, brought to the size of the encoders. */
export const world = Effect.fnUntraced(function* (perClass: number) {
  const { bytes, id } = yield* runWhole(draw, {}, { set: "train", perClass, seed: 1, size: side })
  const pictures = yield* Effect.promise(() =>
    Promise.all(bytes.map((image) => sharp(image).raw().toBuffer()) satisfies ReadonlyArray<Promise<Uint8Array>>),
  )
  return { id, pictures }
})

const concatenated = (pictures: Pictures): Uint8Array => {
  const data = new Uint8Array(pictures.length * length)
  pictures.forEach((one, i) => data.set(one, i * length))
  return data
}

/** Pictures as a stage reads them. */
export const pixelsOf = ({ id, pictures }: { readonly id: ReadonlyArray<string>; readonly pictures: Pictures }) =>
  readerOf(Pixels, { id, pixels: { shape: [side, side, 3], data: concatenated(pictures) } })

/** The features of pictures: `width`, and a row for each. */
export const features = Effect.fnUntraced(function* (
  stage: StageTo<typeof Encoder>,
  pictures: Pictures,
  params: unknown = {},
  inputs: AnyReaders = {},
) {
  const { onnx } = yield* runWhole(stage, inputs, params)
  const session = yield* Session.open(onnx[0] ?? new Uint8Array(), { thread: "caller" })
  const pixels = Tensor.uint8([pictures.length, side, side, 3], concatenated(pictures))
  const { features } = yield* session.run({ pixels }, { features: "float32" })
  const width = features.dims[1] ?? 0
  return { width, rows: pictures.map((_, i) => features.data.slice(i * width, (i + 1) * width)) }
}, Effect.scoped)

/** The largest difference of two rows. */
export const distance = (a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number =>
  a.length === b.length ? a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? 0))), 0) : Infinity
