/** Encoders that are fed a few images of one colour each. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Batches from "../../src/arrow/Batch.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import * as Proto from "../../src/onnx/proto.ts"
import { extract } from "../../stages/extract.ts"
import { Encoder, Features, Pixels } from "../../stages/tables.ts"
import { cut, openRows, readerOf, services } from "../harness.ts"

export const layer = services()

/** Images of one colour each, `[r, g, b]` in 0..255. */
export const colours = (
  values: ReadonlyArray<readonly [number, number, number]>,
  [height, width]: readonly [number, number] = [4, 6],
): Batch<typeof Pixels> => ({
  id: values.map((_, i) => `image-${i}`),
  pixels: {
    shape: [height, width, 3],
    data: Uint8Array.from(values.flatMap((value) => Array.from({ length: height * width }, () => value).flat())),
  },
})

const some = colours([
  [255, 0, 51],
  [10, 20, 30],
])

export const run = Effect.fnUntraced(
  function* (onnx: Uint8Array, params: object = {}, pixels: Batch<typeof Pixels> = some) {
    const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx: [onnx] }) }, params)
    return Batches.concat(Features, yield* Effect.forEach(cut(Pixels, pixels), step, { concurrency: 2 }))
  },
  Effect.scoped,
  Effect.provide(layer),
)

/** The features of {@link some}, rounded. */
export const rows = (found: Batch<typeof Features>): ReadonlyArray<ReadonlyArray<number>> => {
  const width = found.features.shape[0] ?? 0
  return found.id.map((_, row) =>
    Array.from(found.features.data.subarray(row * width, (row + 1) * width), (x) => Math.round(x * 1e4) / 1e4),
  )
}

export const error = (onnx: Uint8Array, params: object = {}, pixels: Batch<typeof Pixels> = some) =>
  Effect.map(Effect.flip(run(onnx, params, pixels)), (error) => {
    expect(error._tag).toBe("StageError")
    return error
  })

export const plain = [
  [255, 0, 51],
  [10, 20, 30],
]

export const edited = (onnx: Uint8Array, edit: (model: Proto.Proto<"ModelProto">) => void): Uint8Array => {
  const model = Proto.decode(onnx)
  edit(model)
  return Proto.encode(model)
}
