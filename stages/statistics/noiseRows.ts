import { type Contingency, hitsOf, only } from "./contingency.ts"
import { smallestLead } from "./difference.ts"
import { normalP } from "./distributions.ts"
import { quantile, twoSided } from "./proportion.ts"
import type { PublishedSet } from "./published.ts"
import { neighbours } from "./twos.ts"

/** A row of `Noise`. */
export interface NoiseRow {
  readonly set: string
  readonly images: number
  readonly pairs: number
  readonly discordance: number
  readonly error: number
  readonly smallest: number
}

/** What is looked for. */
export interface Looked {
  readonly level: number
  readonly lead: number
}

const median = (values: ReadonlyArray<number>) => quantile(Float64Array.from(values).sort(), 0.5)

/** Of equally good models only the `discordance` of their outcomes counts: a difference has the variance discordance / n. */
export const pairedNoise = (counts: Contingency, { level }: Looked): NoiseRow => {
  const { images, set } = counts
  const pairs = neighbours(hitsOf(counts))
  const discordant = median(
    pairs.map(([a, b]) => {
      const [onlyA, onlyB] = only(counts, a, b)
      return onlyA + onlyB
    }),
  )
  const smallest = Number.isNaN(discordant) ? undefined : smallestLead(Math.round(discordant), level)
  return {
    set,
    images,
    pairs: pairs.length,
    discordance: discordant / images,
    error: Math.sqrt(discordant) / images,
    smallest: (smallest ?? Number.NaN) / images,
  }
}

/** As if outcomes were independent: the error is that of two accuracies, by the median over neighbours. */
export const unpairedNoise = ({ accuracies, images, set }: PublishedSet, { level }: Looked): NoiseRow => {
  const pairs = neighbours(accuracies)
  const variance = (at: number) => ((accuracies[at] ?? 0) * (1 - (accuracies[at] ?? 0))) / (images[at] ?? 1)
  const error = median(pairs.map(([a, b]) => Math.sqrt(variance(a) + variance(b))))
  return {
    set,
    images: Math.min(...images),
    pairs: pairs.length,
    discordance: Number.NaN,
    error,
    smallest: twoSided(level) * error,
  }
}

/** Rows of `Noise`. */
export const noiseTable = (rows: ReadonlyArray<NoiseRow>, { lead, level }: Looked) => ({
  set: rows.map(({ set }) => set),
  images: Int32Array.from(rows, ({ images }) => images),
  pairs: Int32Array.from(rows, ({ pairs }) => pairs),
  discordance: Float64Array.from(rows, ({ discordance }) => discordance),
  error: Float64Array.from(rows, ({ error }) => error),
  smallest: Float64Array.from(rows, ({ smallest }) => smallest),
  lead: new Float64Array(rows.length).fill(lead),
  // Without an error, as of models that agree on all images, a lead cannot come by chance.
  noise: Float64Array.from(rows, ({ error }) => (error === 0 ? 0 : normalP(lead / error))),
  level: new Float64Array(rows.length).fill(level),
})
