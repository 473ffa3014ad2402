/**
 * The two passes of a resize, in WebAssembly with SIMD: sums of bytes by whole
 * weights of 2^-22, rounded, shifted back and clipped to bytes. What makes a
 * pixel lies in a record of int32: how far its first byte is from where the
 * bytes begin, how many bytes its weights take, the weights.
 */
import { all, again, assemble, type Code, i16x8, i32, i32x4, i8x16, local, v128 } from "./assemble.ts"

/** Weights are whole numbers of 2^-22. */
export const bits = 22

/** Bytes of a record before its weights. */
export const head = 8

/** Bytes that a pass may read and write behind those that it is asked for. */
export const spill = 16

const half = all(i32.const(1 << (bits - 1)), i32x4.splat)

/** A sum without its fraction. */
const shifted = (sum: number) => all(local.get(sum), i32.const(bits), i32x4.shrS)

const step = (pointer: number, by: Code) => all(local.get(pointer), by, i32.add, local.set(pointer))

/**
 * `across(records, end, bytes, to)`: a row of pixels of three bytes, one for each
 * record from `records` to `end`, whose size is `record`.
 */
const across = () => {
  const [record, end, bytes, to, size, from, weight, last] = [0, 1, 2, 3, 4, 5, 6, 7]
  const sum = 8
  const tap = all(
    local.get(sum),
    all(local.get(from), v128.load32Zero(), i16x8.extendLowI8x16U, i32x4.extendLowI16x8U),
    all(local.get(weight), v128.load32Splat(), i32x4.mul, i32x4.add, local.set(sum)),
    step(from, i32.const(3)),
    step(weight, i32.const(4)),
  )
  const pixel = all(
    all(half, local.set(sum)),
    all(local.get(record), i32.load(), local.get(bytes), i32.add, local.set(from)),
    all(local.get(record), i32.const(head), i32.add, local.tee(weight)),
    all(local.get(record), i32.load(4), i32.add, local.set(last)),
    again(tap, all(local.get(weight), local.get(last), i32.ltU)),
    // The fourth byte is no pixel's: the next pixel's first takes its place.
    all(local.get(to), shifted(sum), shifted(sum), i16x8.narrowI32x4S, local.get(sum), i8x16.narrowI16x8U),
    all(i32x4.extractLane0, i32.store()),
    step(to, i32.const(3)),
    step(record, local.get(size)),
  )
  const body = again(pixel, all(local.get(record), local.get(end), i32.ltU))
  return { name: "across", takes: 5, numbers: 3, vectors: 1, body }
}

/**
 * `down(record, bytes, length, to)`: one row of `length` bytes, of rows of that
 * length. Sixteen bytes at a time.
 */
const down = () => {
  const [record, bytes, length, to, from, weight, last, end] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [pixels, factor] = [8, 9]
  const sums = [10, 11, 12, 13]
  const quarters = [
    all(i16x8.extendLowI8x16U, i32x4.extendLowI16x8U),
    all(i16x8.extendLowI8x16U, i32x4.extendHighI16x8U),
    all(i16x8.extendHighI8x16U, i32x4.extendLowI16x8U),
    all(i16x8.extendHighI8x16U, i32x4.extendHighI16x8U),
  ]
  const tap = all(
    all(local.get(from), v128.load(), local.set(pixels)),
    all(local.get(weight), v128.load32Splat(), local.set(factor)),
    ...quarters.flatMap((quarter, i) => {
      const sum = sums[i] ?? 0
      return [local.get(sum), local.get(pixels), quarter, local.get(factor), i32x4.mul, i32x4.add, local.set(sum)]
    }),
    step(from, local.get(length)),
    step(weight, i32.const(4)),
  )
  const [a = 0, b = 0, c = 0, d = 0] = sums
  const part = all(
    ...sums.flatMap((sum) => [half, local.set(sum)]),
    all(local.get(record), i32.load(), local.get(bytes), i32.add, local.set(from)),
    all(local.get(record), i32.const(head), i32.add, local.tee(weight)),
    all(local.get(record), i32.load(4), i32.add, local.set(last)),
    again(tap, all(local.get(weight), local.get(last), i32.ltU)),
    all(local.get(to), shifted(a), shifted(b), i16x8.narrowI32x4S),
    all(shifted(c), shifted(d), i16x8.narrowI32x4S, i8x16.narrowI16x8U, v128.store()),
    step(bytes, i32.const(16)),
    step(to, i32.const(16)),
  )
  const body = all(
    all(local.get(to), local.get(length), i32.add, local.set(end)),
    again(part, all(local.get(to), local.get(end), i32.ltU)),
  )
  return { name: "down", takes: 4, numbers: 4, vectors: 6, body }
}

/** The bytes of the module. */
export const module = (): Uint8Array<ArrayBuffer> => assemble([across(), down()])
