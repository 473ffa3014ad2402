/** Whether two models differ: tests and intervals from counts of images. */
import { beta, logGamma } from "./special.ts"
import { crossing, normalP } from "./distributions.ts"
import type { Interval } from "./proportion.ts"

/** P(X ≤ k) of the binomial distribution of `n` trials with probability one half. */
const coin = (k: number, n: number) => (k >= n ? 1 : beta(0.5, n - k, k + 1))

const coinAt = (k: number, n: number) =>
  Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2)

/**
 * McNemar's test that two models get equally many images right, by the images
 * that only one of them does: two-sided p-values, exact (binomial) and mid-p,
 * which counts outcomes as likely as the one seen by half (Fagerland, Lydersen
 * and Laake 2013). Without such images both are 1.
 */
export const mcnemar = (onlyA: number, onlyB: number): { readonly exact: number; readonly mid: number } => {
  const n = onlyA + onlyB
  if (n === 0) return { exact: 1, mid: 1 }
  const least = Math.min(onlyA, onlyB)
  const point = coinAt(least, n)
  if (onlyA === onlyB) return { exact: 1, mid: 1 - point / 2 }
  const exact = Math.min(1, 2 * coin(least, n))
  return { exact, mid: Math.max(0, exact - point) }
}

/**
 * Tango's score interval of a paired difference of accuracies (Tango 1998,
 * Statistics in Medicine 17): all δ that the score test does not refuse, with
 * the variance that is likeliest under δ. It holds 0 just where McNemar's
 * asymptotic test does not refuse equality. z as of `twoSided`.
 */
export const tango = (onlyA: number, onlyB: number, images: number, z: number): Interval => {
  const found = (onlyA - onlyB) / images
  /** √(n (2q + δ(1 - δ))) with q the likeliest share of images that only B gets right. */
  const spread = (delta: number) => {
    const linear = (2 * images - onlyA + onlyB) * delta - onlyA - onlyB
    const root = Math.sqrt(Math.max(0, linear * linear + 8 * images * onlyB * delta * (1 - delta)))
    const q = (root - linear) / (4 * images)
    return Math.sqrt(Math.max(0, images * (2 * q + delta * (1 - delta))))
  }
  const beyond = (delta: number, sign: number) => images * (delta - found) + sign * z * spread(delta)
  return {
    low: found === -1 ? -1 : crossing((delta) => beyond(delta, 1), 0, -1, found),
    high: found === 1 ? 1 : crossing((delta) => beyond(delta, -1), 0, found, 1),
  }
}

/** An accuracy (0..1), the number of images it is over, and its interval after Wilson. */
export interface Accuracy extends Interval {
  readonly accuracy: number
  readonly images: number
}

/**
 * Newcombe's interval of the difference of two independent accuracies (Newcombe
 * 1998, method 10): the half widths of Wilson's intervals of both, squared and added.
 */
export const newcombe = (a: Accuracy, b: Accuracy): Interval => {
  const difference = a.accuracy - b.accuracy
  return {
    low: difference - Math.hypot(a.accuracy - a.low, b.high - b.accuracy),
    high: difference + Math.hypot(a.high - a.accuracy, b.accuracy - b.low),
  }
}

/** The two-sided p-value of the z test that two independent accuracies are equal, its variance pooled. */
export const pooledZ = (a: Accuracy, b: Accuracy): number => {
  const pooled = (a.accuracy * a.images + b.accuracy * b.images) / (a.images + b.images)
  const variance = pooled * (1 - pooled) * (1 / a.images + 1 / b.images)
  return variance > 0 ? normalP((a.accuracy - b.accuracy) / Math.sqrt(variance)) : 1
}

/** Where the first value that is not below `value` is among sorted ones. */
const firstAt = (sorted: Float64Array, value: number): number => {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * How p-values are adjusted for being many (Holm 1979): gives for each of them
 * the adjusted one, which refuses at α if it is at most α.
 */
export const holm = (p: Float64Array): ((value: number) => number) => {
  const sorted = p.toSorted()
  const adjusted = new Float64Array(p.length)
  let least = 0
  for (let place = 0; place < p.length; place++) {
    least = Math.max(least, Math.min(1, (sorted[place] ?? 0) * (p.length - place)))
    adjusted[place] = least
  }
  // Equal ones are adjusted as the first of them: those after it are not raised.
  return (value) => adjusted[firstAt(sorted, value)] ?? 1
}

/**
 * The smallest lead, in images, that McNemar's mid-p test calls significant
 * where `discordant` images are right for only one of two models; `undefined`
 * where none is.
 */
export const smallestLead = (discordant: number, level: number): number | undefined => {
  const significant = (least: number) => mcnemar(least, discordant - least).mid <= 1 - level
  if (!significant(0)) return undefined
  let [yes, no] = [0, Math.floor(discordant / 2) + 1]
  while (no - yes > 1) {
    const middle = (yes + no) >>> 1
    if (significant(middle)) yes = middle
    else no = middle
  }
  return discordant - 2 * yes
}
