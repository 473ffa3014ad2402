/** Blurs of ImageNet-C. */
import type { Random } from "../random.ts"
import { filtered, fromBytes, gaussian, type Planes, type Taps, toBytes, zoomed } from "./planes.ts"

/** A disk, its edge softened by a Gaussian over 3 x 3 or 5 x 5 (OpenCV's `GaussianBlur`, borders mirrored). */
const disk = (radius: number, deviation: number): Taps => {
  const [reach, soft] = radius <= 8 ? [8, 1] : [radius, 2]
  const size = 2 * reach + 1
  const inside = (y: number, x: number) => (y - reach) ** 2 + (x - reach) ** 2 <= radius ** 2
  const all = { height: size, width: size, channels: 1 }
  const hard = Float64Array.from({ length: size * size }, (_, i) => (inside(Math.floor(i / size), i % size) ? 1 : 0))
  const sum = hard.reduce((total, one) => total + one, 0)
  // Over so few pixels the Gaussian is cut at `soft`, which is `truncate` x its deviation.
  const { data } = gaussian({ ...all, data: hard.map((one) => one / sum) }, deviation, "reflect-101", soft / deviation)
  return [...data].flatMap((weight, i) =>
    weight === 0 ? [] : [{ dy: Math.floor(i / size) - reach, dx: (i % size) - reach, weight }],
  )
}

/** Out of focus: each point becomes a disk. */
export const defocus = (image: Planes, radius: number, deviation: number): Planes =>
  filtered(image, disk(radius, deviation), "reflect-101")

/** Through frosted glass: each pixel is taken from near by, between two Gaussian blurs. */
export const glass = (
  image: Planes,
  { delta, deviation, rounds }: { readonly deviation: number; readonly delta: number; readonly rounds: number },
  { below }: Random,
): Planes => {
  const { height, width } = image
  const pixels = toBytes(gaussian(image, deviation, "nearest"))
  for (let round = 0; round < rounds; round++) {
    for (let y = height - delta; y > delta; y--) {
      for (let x = width - delta; x > delta; x--) {
        const [dx, dy] = [below(2 * delta) - delta, below(2 * delta) - delta]
        const [here, there] = [(y * width + x) * 3, ((y + dy) * width + x + dx) * 3]
        // The published code means to swap the two; as numpy's views go, it copies.
        for (let c = 0; c < 3; c++) pixels[here + c] = pixels[there + c]!
      }
    }
  }
  return gaussian(fromBytes(pixels, image), deviation, "nearest")
}

/**
 * Moved along a line at an angle: half a Gaussian of `deviation` over 2·radius + 1
 * pixels, as ImageMagick's `MotionBlurImage` has it, which reads whole pixels and
 * repeats those at the edge.
 */
export const motion = (image: Planes, radius: number, deviation: number, degrees: number): Planes => {
  const width = 2 * radius + 1
  const weights = Array.from({ length: width }, (_, i) => Math.exp(-(i ** 2) / (2 * deviation ** 2)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const angle = (degrees * Math.PI) / 180
  const [down, right] = [width * Math.sin(angle), width * Math.cos(angle)]
  const length = Math.hypot(down, right)
  const taps = weights.map((weight, i) => ({
    dy: Math.ceil((i * down) / length - 0.5),
    dx: Math.ceil((i * right) / length - 0.5),
    weight: weight / sum,
  }))
  return filtered(image, taps, "nearest")
}

/** The mean of the image and of enlargements of its middle. */
export const zoom = (image: Planes, factors: ReadonlyArray<number>): Planes => {
  const sum = Float64Array.from(image.data)
  for (const factor of factors) {
    const { data } = zoomed(image, factor)
    for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + data[i]!
  }
  return { ...image, data: sum.map((value) => value / (factors.length + 1)) }
}
