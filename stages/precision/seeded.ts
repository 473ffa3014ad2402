import type { Batch } from "../../src/arrow/Table.ts"
import { type Random, random } from "../random.ts"
import type { Pixels } from "../tables.ts"

/** How many waves make up a channel. */
const waves = 6

/** The sine and cosine of a wave along one axis. */
const along = (turns: number, phase: number, size: number) => {
  const angles = Float64Array.from({ length: size }, (_, i) => 2 * Math.PI * ((i * turns) / size + phase))
  return { sin: angles.map(Math.sin), cos: angles.map(Math.cos) }
}

/** A channel as broad waves of several directions, with a little noise: `[height, width]` around a level. */
const channel = ({ between }: Random, height: number, width: number): Float64Array => {
  const values = new Float64Array(height * width)
  const level = between(60, 200)
  for (let wave = 0; wave < waves; wave++) {
    const strength = between(5, 25)
    const [down, across] = [along(between(-8, 8), between(0, 1), height), along(between(-8, 8), 0, width)]
    for (let y = 0; y < height; y++) {
      const [sin, cos] = [strength * (down.sin[y] ?? 0), strength * (down.cos[y] ?? 0)]
      for (let x = 0; x < width; x++) {
        // sin(a + b) = sin a cos b + cos a sin b
        const at = y * width + x
        values[at] = (values[at] ?? 0) + sin * (across.cos[x] ?? 0) + cos * (across.sin[x] ?? 0)
      }
    }
  }
  return values.map((value) => level + value + between(-8, 8))
}

/**
 * Images drawn from a seed: broad waves in each channel, with a little noise, so
 * that like photographs they vary slowly from pixel to pixel.
 */
export const seeded = (count: number, height: number, width: number): Batch<typeof Pixels> => {
  const data = new Uint8Array(count * height * width * 3)
  const id = Array.from({ length: count }, (_, image) => `seeded-${image}`)
  id.forEach((name, image) => {
    for (let c = 0; c < 3; c++) {
      const start = image * height * width * 3 + c
      channel(random(`precision/${name}/${c}`), height, width).forEach((value, i) => {
        data[start + i * 3] = Math.max(0, Math.min(255, Math.round(value)))
      })
    }
  })
  return { id, pixels: { shape: [height, width, 3], data } }
}
