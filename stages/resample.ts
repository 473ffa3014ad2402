/**
 * Pillow's `Image.resize` for 8-bit RGB, bit for bit (checked against 9.4):
 * `src/libImaging/Resample.c`, and `Geometry.c` for `nearest`. Two passes in
 * fixed point, rows first, 8 bits between them; a filter's support grows with
 * the shrink factor. sharp's kernels differ from it by up to 36 levels, which
 * moves accuracies.
 *
 * No native library computes this. The passes are WebAssembly with SIMD
 * (`resampling/passes.ts`), and run only for the pixels that are kept.
 */
import type { Box, Size } from "./geometry.ts"
import { type Machine, machines } from "./resampling/machines.ts"
import { type Records, recordsFor, spill, write } from "./resampling/passes.ts"

export type Filter = "bilinear" | "bicubic" | "nearest"

/** An image, or a part of one: `pixels` holds rows of `stride` x 3 bytes, of which `box` is looked at. */
export interface Source {
  readonly pixels: Uint8Array
  readonly stride: number
  readonly box: Box
}

interface Kernel {
  readonly support: number
  readonly weight: (distance: number) => number
}

const kernels: { readonly [F in Exclude<Filter, "nearest">]: Kernel } = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  // Keys (1981) with a = -0.5.
  bicubic: {
    support: 2,
    weight: (distance) => {
      const a = -0.5
      const x = Math.abs(distance)
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    },
  },
}

/** Which pixels make those of one axis, as records for the passes. */
interface Taps extends Records {
  /** The first pixel of all that are looked at, and the one behind the last. */
  readonly start: number
  readonly end: number
}

/** The taps of the pixels `from` to `from + length` of an axis that goes from `before` to `after` pixels of `bytes` each. */
const tapsOf = (
  { support, weight }: Kernel,
  { before, after, bytes }: { readonly before: number; readonly after: number; readonly bytes: number },
  from: number,
  length: number,
): Taps => {
  const scale = before / after
  const stretch = Math.max(scale, 1)
  const reach = support * stretch
  const most = Math.ceil(reach) * 2 + 1
  const records = recordsFor(length, most)
  const exact = new Float64Array(most)
  let start = before
  let end = 0
  for (let i = 0; i < length; i++) {
    const middle = (from + i + 0.5) * scale
    const first = Math.max(0, Math.trunc(middle - reach + 0.5))
    const taps = Math.min(before, Math.trunc(middle + reach + 0.5)) - first
    let sum = 0
    for (let tap = 0; tap < taps; tap++) {
      const value = weight((tap + first - middle + 0.5) * (1 / stretch))
      exact[tap] = value
      sum += value
    }
    for (let tap = 0; tap < taps; tap++) exact[tap] = (exact[tap] ?? 0) / (sum === 0 ? 1 : sum)
    write(records, i, first * bytes, exact, taps)
    start = Math.min(start, first)
    end = first + taps
  }
  return { ...records, start, end }
}

// The source is brought to the passes in parts, of which it may be a hundred times as large.
const part = 0x10_0000

/** Resizes by the two passes. */
const passed = ({ memory, passes }: Machine, source: Source, window: Box, columns: Taps, rows: Taps): Uint8Array => {
  const { box, pixels, stride } = source
  const line = stride * 3
  const length = window.width * 3
  const lines = Math.max(1, Math.floor(part / line))
  const place = { columns: 0, rows: 0, part: 0, between: 0, out: 0, end: 0 }
  place.rows = place.columns + columns.numbers.byteLength
  place.part = place.rows + rows.numbers.byteLength
  place.between = place.part + lines * line + spill
  place.out = place.between + (rows.end - rows.start) * length + spill
  place.end = place.out + window.height * length
  const bytes = new Uint8Array(memory(place.end))
  const numbers = new Int32Array(bytes.buffer, 0, place.part / 4)
  numbers.set(columns.numbers, place.columns / 4)
  numbers.set(rows.numbers, place.rows / 4)
  for (let y = rows.start; y < rows.end; y += lines) {
    const some = Math.min(lines, rows.end - y)
    bytes.set(pixels.subarray((box.top + y) * line, (box.top + y + some) * line), place.part)
    for (let i = 0; i < some; i++) {
      const to = place.between + (y + i - rows.start) * length
      passes.across(place.columns, place.rows, place.part + i * line + box.left * 3, to, columns.size)
    }
  }
  for (let y = 0; y < window.height; y++) {
    const from = place.between - rows.start * length
    passes.down(place.rows + y * rows.size, from, length, place.out + y * length)
  }
  return bytes.slice(place.out, place.end)
}

/** Where each pixel of an axis comes from: positions are added up step by step, as Pillow does, rounding included. */
const nearestOf = (before: number, after: number, from: number, length: number): Int32Array => {
  const step = before / after
  const positions = new Int32Array(length)
  let position = step * 0.5
  for (let i = 0; i < from + length; i++, position += step) if (i >= from) positions[i - from] = Math.trunc(position)
  return positions
}

const nearest = ({ pixels, stride, box }: Source, to: Size, window: Box): Uint8Array => {
  const rows = nearestOf(box.height, to.height, window.top, window.height)
  const columns = nearestOf(box.width, to.width, window.left, window.width)
  const out = new Uint8Array(window.height * window.width * 3)
  let at = 0
  for (const y of rows) {
    const row = (box.top + y) * stride + box.left
    for (const x of columns) {
      const from = (row + x) * 3
      out[at++] = pixels[from]!
      out[at++] = pixels[from + 1]!
      out[at++] = pixels[from + 2]!
    }
  }
  return out
}

/** Some rows and columns as they are. */
const copy = ({ pixels, stride, box }: Source, window: Box): Uint8Array => {
  const out = new Uint8Array(window.height * window.width * 3)
  for (let y = 0; y < window.height; y++) {
    const from = ((box.top + window.top + y) * stride + box.left + window.left) * 3
    out.set(pixels.subarray(from, from + window.width * 3), y * window.width * 3)
  }
  return out
}

/**
 * Resizes the box of an image to the size `to` and gives the part `window` of
 * the result: `[height, width, 3]` of uint8. The same bytes as resizing all of
 * it and cutting afterwards, without the work for what is cut. `machine` spares
 * who resizes many images making one for each.
 */
export const resample = (
  source: Source,
  to: Size,
  window: Box,
  filter: Filter,
  machine: () => Machine = machines(),
): Uint8Array => {
  const { box } = source
  if (to.height === box.height && to.width === box.width) return copy(source, window)
  if (filter === "nearest") return nearest(source, to, window)
  const along = { before: box.width, after: to.width, bytes: 3 }
  const columns = tapsOf(kernels[filter], along, window.left, window.width)
  const upwards = { before: box.height, after: to.height, bytes: window.width * 3 }
  const rows = tapsOf(kernels[filter], upwards, window.top, window.height)
  return passed(machine(), source, window, columns, rows)
}
