/** Agreement of all rankings together: sets rank the models. `values[set][model]`, ties allowed. */
import { averageRanks, tieSizes } from "./correlation.ts"
import { chiSquaredP, studentisedRangeQuantile } from "./distributions.ts"

type Rankings = ReadonlyArray<ReadonlyArray<number>>

/** A statistic over all sets, and its p-value. NaN where it is not defined. */
export interface Statistic {
  readonly value: number
  readonly p: number
}

/** Σ of the squared distances of the models' rank sums from their mean, and what ties take away. */
const spread = (values: Rankings) => {
  const sets = values.length
  const models = values[0]?.length ?? 0
  const sums = new Array<number>(models).fill(0)
  let ties = 0
  for (const row of values) {
    for (const [model, rank] of averageRanks(row).entries()) sums[model] = (sums[model] ?? 0) + rank
    for (const t of tieSizes(row)) ties += t ** 3 - t
  }
  const mean = (sets * (models + 1)) / 2
  const squares = sums.reduce((total, sum) => total + (sum - mean) ** 2, 0)
  return { sets, models, squares, ties }
}

/** Kendall's W, corrected for ties (Kendall and Babington Smith 1939): 0 no agreement, 1 the same ranking on each set. p as Friedman's. */
export const kendallW = (values: Rankings): Statistic => {
  const { sets, models, squares, ties } = spread(values)
  const most = sets * sets * (models ** 3 - models) - sets * ties
  const { p } = friedman(values)
  return { value: sets < 2 || most <= 0 ? Number.NaN : (12 * squares) / most, p }
}

/**
 * Friedman's χ² with the correction for ties (1937), p after χ² with models - 1
 * degrees of freedom. As in scipy, it takes at least three models.
 */
export const friedman = (values: Rankings): Statistic => {
  const { sets, models, squares, ties } = spread(values)
  const scale = sets * models * (models + 1) - ties / (models - 1)
  if (models < 3 || sets < 2 || scale <= 0) return { value: Number.NaN, p: Number.NaN }
  const value = (12 * squares) / scale
  return { value, p: chiSquaredP(value, models - 1) }
}

/**
 * Nemenyi's critical difference of mean ranks (1963; Demšar 2006):
 * q √(k(k + 1)/(6N)) for k models on N sets, where q is the quantile of the
 * studentised range with infinite degrees of freedom, over √2.
 */
export const nemenyi = (models: number, sets: number, level: number): number =>
  sets < 1
    ? Number.NaN
    : (studentisedRangeQuantile(level, models) / Math.SQRT2) * Math.sqrt((models * (models + 1)) / (6 * sets))
