/** float16's values by their bits: all 65,536 of them. */
const table = (): Float32Array =>
  Float32Array.from({ length: 65_536 }, (_, bits) => {
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    const sign = bits & 0x8000 ? -1 : 1
    if (exponent === 0) return sign * fraction * 2 ** -24
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  })

/** Numbers given by the bits of their float16s, as float32. */
export const halfToFloat = (bits: Uint16Array): Float32Array => {
  const values = table()
  return Float32Array.from(bits, (half) => values[half] ?? NaN)
}
