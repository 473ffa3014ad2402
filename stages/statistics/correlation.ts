/** Agreement of two lists of numbers, with intervals after Fisher's z and two-sided p-values. */
import { normalP, normalQuantile, studentP } from "./distributions.ts"

/** A coefficient, its confidence interval and its p-value; NaN where one is not defined. */
export interface Agreed {
  readonly value: number
  readonly low: number
  readonly high: number
  readonly p: number
}

type Numbers = ReadonlyArray<number>

const mean = (values: Numbers) => values.reduce((total, value) => total + value, 0) / values.length

/** The product-moment correlation; NaN where a list is constant or has fewer than two values. */
const product = (x: Numbers, y: Numbers): number => {
  if (x.length < 2 || isConstant(x) || isConstant(y)) return Number.NaN
  const [meanX, meanY] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  for (const [i, value] of x.entries()) {
    const [dx, dy] = [value - meanX, (y[i] ?? 0) - meanY]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}

const isConstant = (values: Numbers) => values.every((value) => value === values[0])

/** tanh(artanh(r) ± z·error): Fisher (1921). NaN where there are too few values for a standard error. */
const fisher = (value: number, error: number, level: number) => {
  const half = Number.isFinite(error) ? normalQuantile((1 + level) / 2) * error : Number.NaN
  const z = Math.atanh(value)
  return { value, low: Math.tanh(z - half), high: Math.tanh(z + half) }
}

/** 1/√(numerator / over), NaN where nothing is left to divide by. */
const error = (variance: number, over: number) => (over > 0 ? Math.sqrt(variance / over) : Number.NaN)

const studentOf = (r: number, n: number) =>
  Math.abs(r) === 1 && n > 2 ? 0 : studentP(r * Math.sqrt((n - 2) / (1 - r * r)), n - 2)

/** Pearson's r. Its standard error on Fisher's scale is 1/√(n - 3); p after Student's t with n - 2 degrees of freedom. */
export const pearson = (x: Numbers, y: Numbers, level: number): Agreed => {
  const r = product(x, y)
  // Two points always lie on a line.
  const p = x.length === 2 && !Number.isNaN(r) ? 1 : studentOf(r, x.length)
  return { ...fisher(r, error(1, x.length - 3), level), p }
}

/** Ranks from 1 for the lowest value; equal values share the mean of their ranks. */
export const averageRanks = (values: Numbers): Numbers => {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const ranks = new Array<number>(values.length).fill(0)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++
    for (const i of order.slice(from, to)) ranks[i] = (from + 1 + to) / 2
    from = to
  }
  return ranks
}

/** Sizes of the groups of equal values. */
export const tieSizes = (values: Numbers): Numbers =>
  [...Map.groupBy(values, (value) => value).values()].map((g) => g.length)

/**
 * Spearman's ρ: Pearson's r of the ranks. The standard error on Fisher's scale is
 * √((1 + ρ²/2)/(n - 3)) (Bonett and Wright 2000); p after Student's t, as scipy does.
 */
export const spearman = (x: Numbers, y: Numbers, level: number): Agreed => {
  const rho = product(averageRanks(x), averageRanks(y))
  return { ...fisher(rho, error(1 + (rho * rho) / 2, x.length - 3), level), p: studentOf(rho, x.length) }
}

/**
 * P(at most `c` inversions) of a random order of `n`, doubled: Kendall's exact test (1970). The
 * number of inversions is a sum of independent uniform numbers 0..k-1, for k from 1 to n.
 */
const exactTau = (n: number, c: number): number => {
  let chance = new Float64Array(c + 1)
  chance[0] = 1
  for (let k = 2; k <= n; k++) {
    const next = new Float64Array(c + 1)
    let sum = 0
    for (let i = 0; i <= c; i++) {
      sum += (chance[i] ?? 0) - (i >= k ? (chance[i - k] ?? 0) : 0)
      next[i] = sum / k
    }
    chance = next
  }
  return Math.min(1, 2 * chance.reduce((total, value) => total + value, 0))
}

const sumOver = (sizes: Numbers, term: (t: number) => number) => sizes.reduce((total, t) => total + term(t), 0)

/**
 * Kendall's τ_b. p is exact where nothing is tied and there are at most 33
 * values, else after the normal distribution with the variance corrected for
 * ties (Kendall 1970), as scipy does. The standard error on Fisher's scale is
 * √(.437/(n - 4)) (Fieller, Hartley and Pearson 1957).
 */
export const tauB = (x: Numbers, y: Numbers, level: number): Agreed => {
  const n = x.length
  const all = (n * (n - 1)) / 2
  let [agree, differ] = [0, 0]
  for (let i = 0; i < n; i++) {
    const [xi = 0, yi = 0] = [x[i], y[i]]
    for (let j = 0; j < i; j++) {
      const sign = (xi - (x[j] ?? 0)) * (yi - (y[j] ?? 0))
      if (sign > 0) agree++
      else if (sign < 0) differ++
    }
  }
  const [tiesX, tiesY] = [tieSizes(x), tieSizes(y)]
  const pairs = (t: number) => (t * (t - 1)) / 2
  const [tiedX, tiedY] = [sumOver(tiesX, pairs), sumOver(tiesY, pairs)]
  if (n < 2 || tiedX === all || tiedY === all)
    return { value: Number.NaN, low: Number.NaN, high: Number.NaN, p: Number.NaN }
  const tau = Math.max(-1, Math.min(1, (agree - differ) / Math.sqrt(all - tiedX) / Math.sqrt(all - tiedY)))
  const p = () => {
    const fewer = Math.min(agree, differ)
    if (tiedX === 0 && tiedY === 0 && (n <= 33 || fewer <= 1)) return exactTau(n, fewer)
    const wide = (t: number) => t * (t - 1) * (2 * t + 5)
    const three = (t: number) => t * (t - 1) * (t - 2)
    const variance =
      (wide(n) - sumOver(tiesX, wide) - sumOver(tiesY, wide)) / 18 +
      (2 * tiedX * tiedY) / (n * (n - 1)) +
      (n > 2 ? (sumOver(tiesX, three) * sumOver(tiesY, three)) / (9 * n * (n - 1) * (n - 2)) : 0)
    return normalP((agree - differ) / Math.sqrt(variance))
  }
  return { ...fisher(tau, error(0.437, n - 4), level), p: p() }
}
