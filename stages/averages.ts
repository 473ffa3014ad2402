/** Accuracy on one set, 0..1, and what it weighs: as a rule the set's number of images. */
export interface Weighted {
  readonly value: number
  readonly weight: number
}

// Adding in order of size makes the sum, to the last bit, independent of the order of the sets.
const sum = (terms: ReadonlyArray<number>) => terms.toSorted((a, b) => a - b).reduce((total, term) => total + term, 0)

// Rounding must not carry an average out of the range of its values.
const within = (values: ReadonlyArray<number>, average: number) =>
  Math.min(Math.max(average, Math.min(...values)), Math.max(...values))

/**
 * W = ΣNᵢAᵢ / ΣNᵢ (Ozbulak et al. 2025): each set counts by its weight.
 * NaN without sets, or where all weights are 0.
 */
export const weightedAverage = (sets: ReadonlyArray<Weighted>): number => {
  const total = sum(sets.map(({ weight }) => weight))
  if (!(total > 0)) return Number.NaN
  const weighing = sets.filter(({ weight }) => weight > 0).map(({ value }) => value)
  return within(weighing, sum(sets.map(({ value, weight }) => value * weight)) / total)
}

/**
 * G = (ΠAᵢ)^(1/k) (Ozbulak et al. 2025): 0 as soon as one value is 0.
 * Taken by logarithms, so that many small values do not underflow. NaN without sets.
 */
export const geometricMean = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? Number.NaN : within(values, Math.exp(sum(values.map(Math.log)) / values.length))
