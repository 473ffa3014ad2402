/** Noise of ImageNet-C. */
import type { Random } from "../random.ts"
import { changed, type Planes } from "./planes.ts"

/** Adds normal noise of a standard deviation. */
export const gaussianNoise = (image: Planes, deviation: number, { normal }: Random): Planes =>
  changed(image, (value) => value + deviation * normal())

/** A draw from the Poisson distribution by counting in products of uniform numbers (Knuth 1969); means here are below 61. */
const poisson = (mean: number, { next }: Random): number => {
  const least = Math.exp(-mean)
  let count = 0
  for (let product = next(); product > least; product *= next()) count++
  return count
}

/** Counts of photons instead of light: Poisson with `photons` for white. */
export const shotNoise = (image: Planes, photons: number, random: Random): Planes =>
  changed(image, (value) => poisson(value * photons, random) / photons)

/** Numbers become 0 or 1, one as likely as the other, with a probability (scikit-image's `s&p`). */
export const impulseNoise = (image: Planes, probability: number, { next }: Random): Planes =>
  changed(image, (value) => {
    const drawn = next()
    return drawn < probability ? (drawn < probability / 2 ? 0 : 1) : value
  })
