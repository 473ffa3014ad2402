import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Block, FeatureRows } from "./FeatureRows.ts"
import { halfToFloat } from "./half.ts"
import { permutation } from "./permutation.ts"

/** The rows `from` up to, not including, `to`, as a view. */
const view = (block: Block, from: number, to: number): Block => {
  const width = block.dims[1] ?? 0
  const dims = [to - from, width]
  return block.type === "float32"
    ? Tensor.float32(dims, block.data.subarray(from * width, to * width))
    : Tensor.float16(dims, block.data.subarray(from * width, to * width))
}

/** These rows, copied one behind the other. */
const gathered = (block: Block, rows: Int32Array): Block => {
  const width = block.dims[1] ?? 0
  const dims = [rows.length, width]
  if (block.type === "float32") {
    const data = new Float32Array(rows.length * width)
    for (const [at, row] of rows.entries()) data.set(block.data.subarray(row * width, (row + 1) * width), at * width)
    return Tensor.float32(dims, data)
  }
  const data = new Uint16Array(rows.length * width)
  for (const [at, row] of rows.entries()) data.set(block.data.subarray(row * width, (row + 1) * width), at * width)
  return Tensor.float16(dims, data)
}

/**
 * Rows that are all in memory: `block` `[rows, width]` with their `labels`; or
 * those of them that `index` lists, of which nothing is copied but what `blocks`
 * gives out.
 */
export const residentRows = (block: Block, labels: Int32Array, index?: Int32Array): FeatureRows => {
  const width = block.dims[1] ?? 0
  const rows = index?.length ?? block.dims[0] ?? 0
  const placeOf = (row: number) => (index === undefined ? row : (index[row] ?? 0))
  return {
    rows,
    width,
    type: block.type,
    resident: index === undefined ? block : undefined,
    blocks: (size) =>
      Stream.fromIterable(Array.from({ length: Math.ceil(rows / size) }, (_, i) => i * size)).pipe(
        Stream.map((start) => {
          const end = Math.min(rows, start + size)
          return {
            start,
            block: index === undefined ? view(block, start, end) : gathered(block, index.subarray(start, end)),
          }
        }),
      ),
    epoch: ({ epoch, seed }) =>
      Stream.sync(() => ({ features: block, labels, order: permutation(rows, seed, epoch).map(placeOf) })),
    select: (chosen) => residentRows(block, labels, chosen.map(placeOf)),
    copy: (chosen) =>
      Effect.sync(() => {
        const found = gathered(block, chosen.map(placeOf))
        return found.type === "float32" ? found.data : halfToFloat(found.data)
      }),
  }
}
