/** Distribution functions and quantiles, to 1e-12 where nothing else is said. NaN in, NaN out. */
import { beta, erfc, upperGamma } from "./special.ts"

/** P(Z > z) of the standard normal distribution. */
const upperNormal = (z: number): number => erfc(z / Math.SQRT2) / 2

/** P(Z ≤ z) of the standard normal distribution. */
export const normal = (z: number): number => upperNormal(-z)

/** The two-sided p-value of a standard normal statistic. */
export const normalP = (z: number): number => erfc(Math.abs(z) / Math.SQRT2)

/** The two-sided p-value of Student's t with `df` degrees of freedom (Abramowitz and Stegun 26.7.1). */
export const studentP = (t: number, df: number): number =>
  Math.abs(t) === Number.POSITIVE_INFINITY ? 0 : beta(df / (df + t * t), df / 2, 0.5)

/** P(X > x) of the χ² distribution with `df` degrees of freedom. */
export const chiSquaredP = (x: number, df: number): number => (df > 0 ? upperGamma(df / 2, x / 2) : Number.NaN)

/** Where a growing function crosses a value, between two bounds: halved until no number lies between. */
export const crossing = (f: (x: number) => number, value: number, from: number, to: number): number => {
  let [low, high] = [from, to]
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (f(middle) < value) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The quantile of the standard normal distribution, for 0 < p < 1. */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) return Number.NaN
  // In the upper half 1 - p is exact, and small probabilities keep their digits.
  return p > 0.5 ? -normalQuantile(1 - p) : p === 0.5 ? 0 : crossing(normal, p, -40, 0)
}

/** The quantile of Student's t for 0 < p < 1: that of a two-sided test at level α is `studentQuantile(1 - α / 2, df)`. */
export const studentQuantile = (p: number, df: number): number => {
  if (!(p > 0 && p < 1) || !(df > 0)) return Number.NaN
  // By the nearer tail, so that small probabilities keep their digits.
  const tail = Math.min(p, 1 - p)
  let high = 1
  while (studentP(high, df) / 2 > tail && high < 1e300) high *= 2
  const t = crossing((t) => -studentP(t, df) / 2, -tail, 0, high)
  return p < 0.5 ? -t : p > 0.5 ? t : 0
}

/**
 * P(Q ≤ q) of the studentised range of `groups` normal means with known variance (infinite degrees
 * of freedom): k ∫ φ(z) [Φ(z) - Φ(z - q)]^(k-1) dz (Pearson and Hartley 1942). By the trapezoidal
 * rule, which for a smooth integrand that vanishes at both ends is exact to about 1e-13.
 */
const studentisedRange = (q: number, groups: number): number => {
  const step = 1 / 32
  let sum = 0
  for (let z = -9; z <= 9; z += step) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
    sum += density * (normal(z) - normal(z - q)) ** (groups - 1)
  }
  return groups * sum * step
}

/** The quantile of the studentised range with infinite degrees of freedom, for `groups` ≥ 2 and 0 < p < 1. */
export const studentisedRangeQuantile = (p: number, groups: number): number => {
  if (!(p > 0 && p < 1) || !(groups >= 2)) return Number.NaN
  return crossing((q) => studentisedRange(q, groups), p, 0, 100)
}
