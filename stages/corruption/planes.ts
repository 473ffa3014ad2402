import type { Size } from "../geometry.ts"

/** An image in 0..1, row by row, `channels` numbers a pixel. */
export interface Planes extends Size {
  readonly channels: number
  readonly data: Float64Array
}

/** Bytes as numbers in 0..1. */
export const fromBytes = (pixels: Uint8Array, { height, width }: Size): Planes => ({
  height,
  width,
  channels: 3,
  data: Float64Array.from(pixels, (byte) => byte / 255),
})

/** Numbers as bytes: cut to 0..1, and cut off rather than rounded, as `np.uint8` does. */
export const toBytes = ({ data }: Planes): Uint8Array =>
  Uint8Array.from(data, (value) => Math.min(1, Math.max(0, value)) * 255)

/** The same image with other numbers. */
export const changed = (image: Planes, value: (value: number, at: number) => number): Planes => ({
  ...image,
  data: image.data.map(value),
})

/** Where a place beyond the edge is read: mirrored without (`101`) or with the edge pixel repeated, or the edge pixel itself. */
export type Border = "reflect-101" | "reflect" | "nearest"

/** A place within 0..size - 1 that stands for one anywhere. */
export const within = (at: number, size: number, border: Border): number => {
  if (at >= 0 && at < size) return at
  if (border === "nearest" || size === 1) return at < 0 ? 0 : size - 1
  const period = border === "reflect" ? 2 * size : 2 * size - 2
  const place = ((at % period) + period) % period
  if (place < size) return place
  return border === "reflect" ? period - 1 - place : period - place
}

/** A kernel's taps that are not 0. */
export type Taps = ReadonlyArray<{ readonly dy: number; readonly dx: number; readonly weight: number }>

/** Correlates each channel with a kernel. */
export const filtered = (image: Planes, taps: Taps, border: Border): Planes => {
  const { channels, height, width } = image
  const out = new Float64Array(image.data.length)
  const columns = new Int32Array(width)
  for (const { dx, dy, weight } of taps) {
    for (let x = 0; x < width; x++) columns[x] = within(x + dx, width, border) * channels
    for (let y = 0; y < height; y++) {
      const row = within(y + dy, height, border) * width * channels
      let to = y * width * channels
      for (let x = 0; x < width; x++) {
        const from = row + columns[x]!
        for (let c = 0; c < channels; c++) {
          out[to] = out[to]! + weight * image.data[from + c]!
          to++
        }
      }
    }
  }
  return { ...image, data: out }
}

/** Weights of a Gaussian at -radius..radius that sum to 1. */
const bell = (sigma: number, radius: number): ReadonlyArray<number> => {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/** A Gaussian blur over `truncate` standard deviations, as scikit-image and scipy have it. */
export const gaussian = (image: Planes, sigma: number, border: Border, truncate = 4): Planes => {
  const radius = Math.trunc(truncate * sigma + 0.5)
  const weights = bell(sigma, radius)
  const pass = (from: Planes, down: boolean): Planes => {
    // A blur may be wider than the image: what its taps read of each pixel is added up first.
    if (radius >= (down ? from.height : from.width)) return folded(from, weights, radius, down, border)
    const taps = weights.map((weight, i) => ({ dy: down ? i - radius : 0, dx: down ? 0 : i - radius, weight }))
    return filtered(from, taps, border)
  }
  return pass(pass(image, true), false)
}

/** One pass of a blur that is wider than the image: a matrix of the image's size. */
const folded = (
  image: Planes,
  weights: ReadonlyArray<number>,
  radius: number,
  down: boolean,
  border: Border,
): Planes => {
  const { channels, height, width } = image
  const size = down ? height : width
  const matrix = new Float64Array(size * size)
  for (let at = 0; at < size; at++) {
    for (const [i, weight] of weights.entries()) {
      const from = at * size + within(at + i - radius, size, border)
      matrix[from] = (matrix[from] ?? 0) + weight
    }
  }
  const out = new Float64Array(image.data.length)
  const step = (down ? width : 1) * channels
  for (let y = 0; y < (down ? 1 : height); y++) {
    for (let x = 0; x < (down ? width : 1); x++) {
      for (let c = 0; c < channels; c++) {
        const start = (y * width + x) * channels + c
        for (let at = 0; at < size; at++) {
          let sum = 0
          for (let i = 0; i < size; i++) sum += matrix[at * size + i]! * image.data[start + i * step]!
          out[start + at * step] = sum
        }
      }
    }
  }
  return { ...image, data: out }
}

/** The value between pixels, bilinear. */
export const between = (image: Planes, y: number, x: number, channel: number, border: Border): number => {
  const { channels, data, height, width } = image
  const top = Math.floor(y)
  const left = Math.floor(x)
  const down = y - top
  const right = x - left
  const above = within(top, height, border) * width
  const below = within(top + 1, height, border) * width
  const first = within(left, width, border)
  const next = within(left + 1, width, border)
  const upper =
    data[(above + first) * channels + channel]! * (1 - right) + data[(above + next) * channels + channel]! * right
  const lower =
    data[(below + first) * channels + channel]! * (1 - right) + data[(below + next) * channels + channel]! * right
  return upper * (1 - down) + lower * down
}

/** The middle, enlarged to the whole (`clipped_zoom`): bilinear, corners on corners as `scipy.ndimage.zoom` has them. */
export const zoomed = (image: Planes, factor: number): Planes => {
  const { channels, height, width } = image
  const part = { height: Math.ceil(height / factor), width: Math.ceil(width / factor) }
  const full = { height: roundEven(part.height * factor), width: roundEven(part.width * factor) }
  const top = Math.floor((height - part.height) / 2)
  const left = Math.floor((width - part.width) / 2)
  const trim = { y: Math.floor((full.height - height) / 2), x: Math.floor((full.width - width) / 2) }
  const scale = (small: number, large: number) => (large > 1 ? (small - 1) / (large - 1) : 0)
  const [down, right] = [scale(part.height, full.height), scale(part.width, full.width)]
  const out = new Float64Array(image.data.length)
  let to = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        out[to++] = between(image, top + (y + trim.y) * down, left + (x + trim.x) * right, c, "nearest")
      }
    }
  }
  return { ...image, data: out }
}

/** Halves to the even neighbour, as Python's `round`. */
const roundEven = (value: number): number => {
  const low = Math.floor(value)
  return value - low === 0.5 ? low + (low % 2) : Math.round(value)
}
