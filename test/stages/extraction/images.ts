/** Images of one colour each through an encoder. */
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Batches from "../../../src/arrow/Batch.ts"
import { extract } from "../../../stages/extract.ts"
import { Encoder, Features } from "../../../stages/tables.ts"
import { openRows, readerOf, services } from "../../harness.ts"

export type Colour = readonly [number, number, number]

/** Two colours of which the network's filters tell all channels apart. */
export const some: ReadonlyArray<Colour> = [
  [255, 0, 51],
  [10, 20, 30],
]

const side = 8

/** The features of images of these colours, a row each. */
export const extracted = Effect.fnUntraced(
  function* (onnx: Uint8Array, params: object = {}, colours: ReadonlyArray<Colour> = some) {
    const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx: [onnx] }) }, params)
    const data = colours.flatMap((colour) => Array.from({ length: side * side }, () => colour).flat())
    const made = yield* step({
      id: colours.map((_, i) => `image-${i}`),
      pixels: { shape: [side, side, 3], data: Uint8Array.from(data) },
    })
    const { features } = Batches.concat(Features, [made])
    const width = features.shape[0] ?? 0
    return colours.map((_, row) => [...features.data.subarray(row * width, (row + 1) * width)])
  },
  Effect.scoped,
  Effect.provide(services()),
)

/** What extraction says that fails. */
export const complaint = (onnx: Uint8Array, params: object = {}) =>
  Effect.map(Effect.flip(extracted(onnx, params)), (error) => {
    expect(error._tag).toBe("StageError")
    return error
  })

/** Rows of equal numbers, up to rounding. */
export const near = (found: ReadonlyArray<ReadonlyArray<number>>, wanted: ReadonlyArray<ReadonlyArray<number>>) => {
  expect(found.map((row) => row.length)).toEqual(wanted.map((row) => row.length))
  for (const [i, row] of wanted.entries()) {
    for (const [j, value] of row.entries()) expect(found[i]?.[j], `${i}, ${j}`).toBeCloseTo(value, 3)
  }
}
