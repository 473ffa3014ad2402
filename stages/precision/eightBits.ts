/** Weights in 8 bits. */

const most = 127
const zero = 128
/** The smallest normal float32: scales below it are not used. */
const tiny = 2 ** -126
/** Added to a number and taken away again it leaves the nearest whole one, of two equally near the even one. */
const rounding = 1.5 * 2 ** 52

/** A matrix or tensor in 8 bits, laid out as its numbers are, and the scale of each channel. */
export interface EightBits {
  readonly bytes: Uint8Array
  readonly scales: Float32Array
}

/**
 * Numbers in 8 bits, symmetric and channel by channel, as onnxruntime's
 * quantisation does (`compute_scale_zp`, `quantize_nparray`): a channel's scale
 * is its largest absolute value over 127, a number is stored as the nearest
 * multiple of it, plus 128. A channel of zeros has the scale 1. Channels are
 * the first or the last axis.
 */
export const eightBits = (numbers: Float32Array, channels: number, axis: "first" | "last"): EightBits => {
  const each = numbers.length / channels
  const [step, next] = axis === "first" ? [1, each] : [channels, 1]
  const scales = new Float32Array(channels)
  const bytes = new Uint8Array(numbers.length)
  for (let channel = 0; channel < channels; channel++) {
    const [start, end] = [channel * next, channel * next + each * step]
    let largest = 0
    for (let i = start; i < end; i += step) largest = Math.max(largest, Math.abs(numbers[i] ?? 0))
    const scale = Math.fround(largest / most) < tiny ? 1 : Math.fround(largest / most)
    scales[channel] = scale
    for (let i = start; i < end; i += step) {
      const whole = Math.fround((numbers[i] ?? 0) / scale) + rounding - rounding
      bytes[i] = zero + Math.max(-most, Math.min(most, whole))
    }
  }
  return { bytes, scales }
}

/** A matrix's bytes with rows and columns exchanged. */
export const transposed = (bytes: Uint8Array, rows: number, columns: number): Uint8Array => {
  const turned = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = bytes[row * columns + column] ?? 0
  }
  return turned
}
