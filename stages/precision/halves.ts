/** The numbers of float16 (IEEE 754 binary16). */

const largest = 0x7bff
const smallest = 1
const infinity = 0x7c00
const nan = 0x7e00

/** 65504 as the bits of a float32, the largest float16. */
const largestBits = 0x477fe000
/** 2^-14, the smallest float16 with all of its digits. */
const normalBits = 0x38800000
/** 2^-24, the smallest float16 above zero. */
const smallestBits = 0x33800000
const infinityBits = 0x7f800000

/**
 * The float16 nearest to a float32, both by their bits; of two equally near the
 * even one. A finite number stays finite and what is not zero stays so, as in
 * onnxconverter-common's float16: beyond 65504 it becomes 65504, below 2^-24
 * it becomes 2^-24, the sign kept.
 */
const nearest = (bits: number): number => {
  const sign = (bits >>> 16) & 0x8000
  const size = bits & 0x7fffffff
  if (size > infinityBits) return sign | nan
  if (size === infinityBits) return sign | infinity
  if (size >= largestBits) return sign | largest
  if (size === 0) return sign
  if (size <= smallestBits) return sign | smallest
  if (size >= normalBits) {
    // Exponents count from 15 and not from 127; 13 digits of 23 are rounded away.
    return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13)
  }
  // A whole number of 2^-24: the digits with their hidden one, cut at where that is.
  const digits = (size & 0x7fffff) | 0x800000
  const cut = 126 - (size >>> 23)
  const whole = digits >>> cut
  const rest = digits & ((1 << cut) - 1)
  const half = 1 << (cut - 1)
  return sign | (whole + (rest > half || (rest === half && (whole & 1) === 1) ? 1 : 0))
}

/** float32 numbers as float16s, by their bits. Nothing finite becomes infinite, and nothing becomes zero. */
export const halves = (numbers: Float32Array): Uint16Array<ArrayBuffer> => {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length)
  const made = new Uint16Array(bits.length)
  for (let i = 0; i < bits.length; i++) made[i] = nearest(bits[i] ?? 0)
  return made
}
