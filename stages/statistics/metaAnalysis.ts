/** Estimates of one effect from several: fixed and random effects. */
import { normalP, normalQuantile } from "./distributions.ts"

/** A combined effect. */
export interface Effect {
  readonly estimate: number
  /** Standard error of the estimate. */
  readonly error: number
  readonly low: number
  readonly high: number
  /** Two-sided, that the effect is 0. */
  readonly p: number
  /** Variance of the effects themselves; 0 under fixed effects. */
  readonly tau2: number
  /** Cochran's Q. */
  readonly q: number
  /** Share (0..1) of the variation that is between effects. */
  readonly i2: number
}

type Matrix = ReadonlyArray<ReadonlyArray<number>>

/** The inverse of a symmetric positive definite matrix, by Gauss and Jordan; `undefined` where it is none. */
const inverse = (matrix: Matrix): Matrix | undefined => {
  const n = matrix.length
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let i = 0; i < n; i++) {
    const own = rows[i] ?? []
    const pivot = own[i] ?? 0
    // Next to nothing is left of the diagonal where one set says what others have said.
    if (!(pivot > 1e-12 * Math.abs(matrix[i]?.[i] ?? 0))) return undefined
    for (let j = 0; j < 2 * n; j++) own[j] = (own[j] ?? 0) / pivot
    for (const [k, other] of rows.entries()) {
      const factor = other[i] ?? 0
      if (k === i || factor === 0) continue
      for (let j = 0; j < 2 * n; j++) other[j] = (other[j] ?? 0) - factor * (own[j] ?? 0)
    }
  }
  return rows.map((row) => row.slice(n))
}

const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0)

/** Generalised least squares of a constant: weights 1'V⁻¹, Q, and trace(P), P = V⁻¹ - V⁻¹11'V⁻¹/(1'V⁻¹1). */
const fit = (effects: ReadonlyArray<number>, weight: Matrix) => {
  const weights = weight.map(sum)
  const total = sum(weights)
  const estimate = sum(effects.map((effect, i) => effect * (weights[i] ?? 0))) / total
  const off = effects.map((effect) => effect - estimate)
  const q = sum(off.map((a, i) => sum(off.map((b, j) => a * (weight[i]?.[j] ?? 0) * b))))
  const trace = sum(weight.map((row, i) => row[i] ?? 0)) - sum(weights.map((w) => w * w)) / total
  return { estimate, error: 1 / Math.sqrt(total), q: Math.max(0, q), trace }
}

const added = (matrix: Matrix, value: number): Matrix =>
  matrix.map((row, i) => row.map((cell, j) => (i === j ? cell + value : cell)))

/** V⁻¹; where effects say the same thing twice, of V with a billionth of its diagonal added. */
const weightsOf = (covariance: Matrix): Matrix | undefined => {
  const largest = Math.max(...covariance.map((row, i) => row[i] ?? 0))
  return inverse(covariance) ?? inverse(added(covariance, 1e-9 * largest))
}

/**
 * Combines effects with the covariance matrix of their errors, by generalised
 * least squares; with a diagonal matrix, by inverse variances.
 *
 * `fixed`: one effect behind all. `random`: effects that vary with variance τ²
 * around one, τ² = max(0, (Q - (k - 1))/trace(P)), which for a diagonal matrix
 * is DerSimonian and Laird's (1986) (Q - (k - 1))/(Σw - Σw²/Σw), and in general
 * the same equation of moments, as E[Q] = k - 1 + τ² trace(P). I² = (Q - (k - 1))/Q
 * (Higgins and Thompson 2002). Intervals and p after the normal distribution.
 *
 * `undefined` without effects, or with a variance that is not positive.
 */
export const combine = (
  effects: ReadonlyArray<number>,
  covariance: Matrix,
  level: number,
): { readonly fixed: Effect; readonly random: Effect } | undefined => {
  const weight = weightsOf(covariance)
  if (effects.length === 0 || weight === undefined) return undefined
  const { q, trace, ...fixed } = fit(effects, weight)
  const df = effects.length - 1
  const tau2 = df > 0 && trace > 0 ? Math.max(0, (q - df) / trace) : 0
  const wider = tau2 > 0 ? weightsOf(added(covariance, tau2)) : undefined
  const random = wider === undefined ? fixed : fit(effects, wider)
  const z = normalQuantile((1 + level) / 2)
  const i2 = q > df ? (q - df) / q : 0
  const described = (estimate: number, error: number, tau2: number): Effect => ({
    estimate,
    error,
    low: estimate - z * error,
    high: estimate + z * error,
    p: normalP(estimate / error),
    tau2,
    q,
    i2,
  })
  return {
    fixed: described(fixed.estimate, fixed.error, 0),
    random: described(random.estimate, random.error, tau2),
  }
}

/** A matrix that is 0 but on its diagonal. */
export const diagonal = (variances: ReadonlyArray<number>): Matrix =>
  variances.map((variance, i) => variances.map((_, j) => (i === j ? variance : 0)))
