/**
 * The two passes of a resize, in WebAssembly with SIMD: sums of bytes by whole
 * weights of 2^-22, rounded, shifted back and clipped to bytes. What makes a
 * pixel lies in a record of int32: how far its first byte is from where the
 * bytes begin, how many bytes its weights take, the weights two by two.
 *
 * SIMD multiplies int16 two at a time and adds each pair, at half the cost of
 * int32. A weight is therefore `high * 2^12 + low`, both int16, and there are two
 * sums, which are joined in the end: nothing is rounded on the way.
 */
import { again, all, assemble, type Code, i16x8, i32, i32x4, i8x16, local, v128 } from "./assemble.ts"

/** Weights are whole numbers of 2^-22. */
const bits = 22
/** Bits of a weight's lower part. */
const low = 12

const headBytes = 8
const pairBytes = 8

/** Bytes that a pass may read and write behind those that it is asked for. */
export const spill = 16

/** Records for so many pixels of at most `most` weights. */
export interface Records {
  readonly numbers: Int32Array
  /** Bytes of a record. */
  readonly size: number
}

export const recordsFor = (pixels: number, most: number): Records => {
  const size = headBytes + Math.ceil(most / 2) * pairBytes
  return { numbers: new Int32Array((pixels * size) / 4), size }
}

/** Writes the record of a pixel: the first `count` of `weights`, from `first` bytes on. */
export const write = (
  { numbers, size }: Records,
  pixel: number,
  first: number,
  weights: Float64Array,
  count: number,
): void => {
  const at = (pixel * size) / 4
  numbers[at] = first
  numbers[at + 1] = Math.ceil(count / 2) * pairBytes
  for (let tap = 0; tap < count; tap++) {
    const value = weights[tap]!
    const weight = Math.trunc(value * (1 << bits) + (value < 0 ? -0.5 : 0.5))
    const high = (weight + (1 << (low - 1))) >> low
    const pair = at + headBytes / 4 + (tap >> 1) * 2
    const shift = (tap & 1) * 16
    numbers[pair] = numbers[pair]! | ((high & 0xffff) << shift)
    numbers[pair + 1] = numbers[pair + 1]! | (((weight - (high << low)) & 0xffff) << shift)
  }
}

const step = (pointer: number, by: Code) => all(local.get(pointer), by, i32.add, local.set(pointer))

/** Sums of high and low parts. */
interface Sum {
  readonly high: number
  readonly low: number
}

const begun = (sum: Sum) =>
  all(
    all(i32.const(0), i32x4.splat, local.set(sum.high)),
    all(i32.const(1 << (bits - 1)), i32x4.splat, local.set(sum.low)),
  )

/** Adds products of pairs of bytes, as int16 in `bytes`, by the weights. */
const added = (sum: Sum, bytes: number, weights: Sum) =>
  all(
    all(
      local.get(sum.high),
      local.get(bytes),
      local.get(weights.high),
      i32x4.dotI16x8S,
      i32x4.add,
      local.set(sum.high),
    ),
    all(local.get(sum.low), local.get(bytes), local.get(weights.low), i32x4.dotI16x8S, i32x4.add, local.set(sum.low)),
  )

/** The whole sum without its fraction. */
const whole = (sum: Sum) =>
  all(
    all(local.get(sum.high), i32.const(low), i32x4.shl, local.get(sum.low), i32x4.add),
    all(i32.const(bits), i32x4.shrS),
  )

/** Where the record's bytes and weights begin, and where the weights end. */
const opened = (record: number, bytes: number, { from, last, weight }: Record<"from" | "last" | "weight", number>) =>
  all(
    all(local.get(record), i32.load(), local.get(bytes), i32.add, local.set(from)),
    all(local.get(record), i32.const(headBytes), i32.add, local.tee(weight)),
    all(local.get(record), i32.load(4), i32.add, local.set(last)),
  )

const loaded = (weight: number, weights: Sum) =>
  all(
    all(local.get(weight), v128.load32Splat(), local.set(weights.high)),
    all(local.get(weight), v128.load32Splat(4), local.set(weights.low)),
  )

const before = (pointer: number, end: number) => all(local.get(pointer), local.get(end), i32.ltU)

/**
 * `across(record, end, bytes, to, size)`: a row of pixels of three bytes, one for
 * each record up to `end`, of `size` bytes each.
 */
const across = () => {
  const [record, end, bytes, to, size, from, weight, last] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [pair, order] = [8, 9]
  const [sum, weights]: [Sum, Sum] = [
    { high: 10, low: 11 },
    { high: 12, low: 13 },
  ]
  // Of two pixels, side by side: red and red, green and green, blue and blue, as int16. 128 gives 0.
  const none = 128
  const sideBySide = [0, none, 3, none, 1, none, 4, none, 2, none, 5, none, none, none, none, none]
  const two = all(
    loaded(weight, weights),
    all(local.get(from), v128.load64Zero(), local.get(order), i8x16.swizzle, local.set(pair)),
    added(sum, pair, weights),
    step(from, i32.const(6)),
    step(weight, i32.const(pairBytes)),
  )
  const pixel = all(
    begun(sum),
    opened(record, bytes, { from, last, weight }),
    again(two, before(weight, last)),
    // The fourth byte is no pixel's: the next pixel's first takes its place.
    all(local.get(to), whole(sum), local.get(pair), i16x8.narrowI32x4S, local.get(pair), i8x16.narrowI16x8U),
    all(i32x4.extractLane0, i32.store()),
    step(to, i32.const(3)),
    step(record, local.get(size)),
  )
  const body = all(v128.const(sideBySide), local.set(order), again(pixel, before(record, end)))
  return { name: "across", takes: 5, numbers: 3, vectors: 6, body }
}

/**
 * `down(record, bytes, length, to)`: one row of `length` bytes, of rows of that
 * length. Sixteen bytes at a time, of two rows.
 */
const down = () => {
  const [record, bytes, length, to, from, weight, last, end] = [0, 1, 2, 3, 4, 5, 6, 7]
  const [upper, lower, pair] = [8, 9, 10]
  const weights: Sum = { high: 11, low: 12 }
  const sums: ReadonlyArray<Sum> = [13, 15, 17, 19].map((high) => ({ high, low: high + 1 }))
  const zipped = (first: number) => i8x16.shuffle(Array.from({ length: 16 }, (_, i) => first + (i >> 1) + (i % 2) * 16))
  const two = all(
    loaded(weight, weights),
    all(local.get(from), v128.load(), local.set(upper)),
    all(local.get(from), local.get(length), i32.add, local.tee(from), v128.load(), local.set(lower)),
    ...sums.map((sum, i) =>
      all(
        all(local.get(upper), local.get(lower), zipped(i < 2 ? 0 : 8)),
        all(i % 2 === 0 ? i16x8.extendLowI8x16U : i16x8.extendHighI8x16U, local.set(pair)),
        added(sum, pair, weights),
      ),
    ),
    step(from, local.get(length)),
    step(weight, i32.const(pairBytes)),
  )
  const [first, second, third, fourth] = sums.map(whole)
  const part = all(
    ...sums.map(begun),
    opened(record, bytes, { from, last, weight }),
    again(two, before(weight, last)),
    all(local.get(to), first ?? [], second ?? [], i16x8.narrowI32x4S),
    all(third ?? [], fourth ?? [], i16x8.narrowI32x4S, i8x16.narrowI16x8U, v128.store()),
    step(bytes, i32.const(16)),
    step(to, i32.const(16)),
  )
  const body = all(local.get(to), local.get(length), i32.add, local.set(end), again(part, before(to, end)))
  return { name: "down", takes: 4, numbers: 4, vectors: 13, body }
}

/** The bytes of the module. */
export const module = (): Uint8Array<ArrayBuffer> => assemble([across(), down()])
