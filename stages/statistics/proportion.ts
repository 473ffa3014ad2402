/** One accuracy and its error, from counts. */
import { normalQuantile } from "./distributions.ts"
import { beta } from "./special.ts"

/** A confidence interval. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** The quantile z of the standard normal distribution that a two-sided interval of this level takes: 1.96 for .95. */
export const twoSided = (level: number): number => -normalQuantile((1 - level) / 2)

/**
 * Wilson's score interval of an accuracy over `images` (Wilson 1927): where
 * |p̂ - p| ≤ z √(p(1 - p)/n), z as of `twoSided`.
 */
export const wilson = (accuracy: number, images: number, z: number): Interval => {
  const share = (z * z) / images
  const centre = (accuracy + share / 2) / (1 + share)
  const half = (z / (1 + share)) * Math.sqrt((accuracy * (1 - accuracy)) / images + share / (4 * images))
  // At 0 and 1 the interval ends there exactly.
  return {
    low: accuracy === 0 ? 0 : Math.max(0, centre - half),
    high: accuracy === 1 ? 1 : Math.min(1, centre + half),
  }
}

/**
 * A quantile of sorted values, between neighbours by linear interpolation
 * (Hyndman and Fan 1996, type 7: that of R, numpy and scipy's bootstrap).
 */
export const quantile = (sorted: Float64Array, p: number): number => {
  const at = (sorted.length - 1) * p
  const low = sorted[Math.floor(at)] ?? Number.NaN
  return low + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? low) - low)
}

/** The smallest k with P(X ≤ k) ≥ q of the binomial distribution of `n` trials. */
const binomialQuantile = (q: number, n: number, p: number): number => {
  let [low, high] = [0, n]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (beta(1 - p, n - middle, middle + 1) >= q) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * The percentile interval of a bootstrap over images (Efron 1979), as of
 * infinitely many resamples: drawing images that are right or wrong with
 * replacement makes the number of those that are right binomial, so nothing
 * need be drawn.
 */
export const bootstrapInterval = (accuracy: number, images: number, level: number): Interval => ({
  low: binomialQuantile((1 - level) / 2, images, accuracy) / images,
  high: binomialQuantile((1 + level) / 2, images, accuracy) / images,
})
