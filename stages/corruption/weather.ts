/** Weather and light of ImageNet-C; frost is in `frost.ts`. */
import type { Random } from "../random.ts"
import { motion } from "./blurs.ts"
import { changed, type Planes, zoomed } from "./planes.ts"

/** A field of heights in 0..1, `side` x `side` (a power of two), by the diamond-square algorithm on a torus. */
const plasma = (side: number, decay: number, { between }: Random): Float64Array => {
  const map = new Float64Array(side * side)
  const at = (y: number, x: number) => map[((y + side) % side) * side + ((x + side) % side)]!
  let wobble = 100
  for (let step = side; step >= 2; step /= 2) {
    const half = step / 2
    const mean = (sum: number) => sum / 4 + wobble * between(-wobble, wobble)
    for (let y = half; y < side; y += step) {
      for (let x = half; x < side; x += step) {
        const corners =
          at(y - half, x - half) + at(y - half, x + half) + at(y + half, x - half) + at(y + half, x + half)
        map[y * side + x] = mean(corners)
      }
    }
    for (let y = 0; y < side; y += half) {
      for (let x = (y + half) % step; x < side; x += step) {
        map[y * side + x] = mean(at(y - half, x) + at(y + half, x) + at(y, x - half) + at(y, x + half))
      }
    }
    wobble /= decay
  }
  const low = map.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = map.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  return map.map((value) => (value - low) / (high - low))
}

/** Fog of a thickness; `decay` says how fast it becomes smooth in the small. */
export const fog = (image: Planes, thickness: number, decay: number, random: Random): Planes => {
  const { height, width } = image
  // The published field is 256 wide, for images of 224.
  const side = 2 ** Math.ceil(Math.log2(Math.max(2, height, width)))
  const field = plasma(side, decay, random)
  const most = image.data.reduce((a, b) => Math.max(a, b), 0)
  return changed(image, (value, at) => {
    const pixel = Math.floor(at / 3)
    const depth = field[Math.floor(pixel / width) * side + (pixel % width)] ?? 0
    return ((value + thickness * depth) * most) / (most + thickness)
  })
}

/** How snow falls: mean and deviation of the flakes, their size, the least that is one, radius and deviation of their way, and how much of the image is left. */
export interface Snow {
  readonly mean: number
  readonly deviation: number
  readonly size: number
  readonly least: number
  readonly radius: number
  readonly way: number
  readonly left: number
}

/** Snow on a whitened image, fallen at an angle drawn from -135 to -45 degrees. */
export const snow = (image: Planes, how: Snow, { between, normal }: Random): Planes => {
  const { height, width } = image
  const sky = Float64Array.from({ length: height * width }, () => how.mean + how.deviation * normal())
  const large = zoomed({ height, width, channels: 1, data: sky }, how.size)
  // Flakes are bytes before and after they are moved.
  const bytes = (layer: Planes) => changed(layer, (value) => Math.trunc(Math.min(1, Math.max(0, value)) * 255) / 255)
  const flakes = bytes(changed(large, (value) => (value < how.least ? 0 : value)))
  const { data } = bytes(motion(flakes, how.radius, how.way, between(-135, -45)))
  return changed(image, (value, at) => {
    const pixel = Math.floor(at / 3)
    const [red = 0, green = 0, blue = 0] = image.data.subarray(pixel * 3, pixel * 3 + 3)
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue
    const white = how.left * value + (1 - how.left) * Math.max(value, grey * 1.5 + 0.5)
    return white + (data[pixel] ?? 0) + (data[data.length - 1 - pixel] ?? 0)
  })
}

/** Adds to the value of HSV, which is the largest channel: the others keep their share of it. */
export const brightness = (image: Planes, more: number): Planes =>
  changed(image, (value, at) => {
    const start = at - (at % 3)
    const [red = 0, green = 0, blue = 0] = image.data.subarray(start, start + 3)
    const most = Math.max(red, green, blue)
    const bright = Math.min(1, most + more)
    return most === 0 ? bright : (value / most) * bright
  })
