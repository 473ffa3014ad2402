import { studentQuantile } from "./distributions.ts"

/** A fitted line at one place, with its confidence interval. */
export interface Fit {
  readonly x: number
  readonly fit: number
  readonly low: number
  readonly high: number
}

/**
 * The least-squares line of `y` on `x` at these places, with the confidence band
 * of the mean: fit ± t s √(1/n + (x - x̄)²/Σ(xᵢ - x̄)²), s² = Σe²/(n - 2), t
 * Student's quantile with n - 2 degrees of freedom (Draper and Smith 1998, 1.4).
 * All NaN where `x` is constant; the band is NaN for fewer than three points.
 */
export const line = (
  x: ReadonlyArray<number>,
  y: ReadonlyArray<number>,
  level: number,
  places: ReadonlyArray<number>,
): ReadonlyArray<Fit> => {
  const n = x.length
  const mean = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0) / n
  const [meanX, meanY] = [mean(x), mean(y)]
  let [xx, xy] = [0, 0]
  for (const [i, value] of x.entries()) {
    xx += (value - meanX) ** 2
    xy += (value - meanX) * ((y[i] ?? 0) - meanY)
  }
  const slope = x.every((value) => value === x[0]) ? Number.NaN : xy / xx
  const at = (place: number) => meanY + slope * (place - meanX)
  const rest = x.reduce((total, value, i) => total + ((y[i] ?? 0) - at(value)) ** 2, 0)
  const t = studentQuantile((1 + level) / 2, n - 2)
  return places.map((place) => {
    const half = t * Math.sqrt((rest / (n - 2)) * (1 / n + (place - meanX) ** 2 / xx))
    return { x: place, fit: at(place), low: at(place) - half, high: at(place) + half }
  })
}
