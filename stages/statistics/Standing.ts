import { list, ranks, share } from "./words.ts"

/** Which ranks a model could have on a set. */
export interface Range {
  readonly set: string
  readonly rank: number
  readonly low: number
  readonly high: number
}

/** Ranks of a model by an average over sets, with their probabilities. */
export interface Ranks {
  /** Of rank 1, under weights drawn at random. */
  readonly first: number | undefined
  /** The best and worst rank with one set left out. */
  readonly leftOut: readonly [best: number, worst: number] | undefined
}

/** All that is known of where one model stands. */
export interface Standing {
  readonly model: string
  readonly reference: Range
  /** Whether others have the same accuracy on the reference. */
  readonly shared: boolean
  readonly others: ReadonlyArray<Range>
  readonly weighted: Ranks
  readonly geometric: Ranks
}

const firstUnder = ({ geometric, weighted }: Standing): string => {
  if (weighted.first === undefined && geometric.first === undefined) return ""
  if (weighted.first === 0 && geometric.first === 0) return " First under no weighting of the sets that was drawn."
  const by = [
    ...(weighted.first === undefined ? [] : [`${share(weighted.first)} of weightings of the sets by weighted average`]),
    ...(geometric.first === undefined ? [] : [`${share(geometric.first)} by geometric mean`]),
  ]
  return ` First under ${list(by)}.`
}

const withoutOne = ({ weighted }: Standing): string => {
  if (weighted.leftOut === undefined) return ""
  const [best, worst] = weighted.leftOut
  return best === worst
    ? ` By weighted average rank ${best} whichever set is left out.`
    : ` By weighted average rank ${ranks(best, worst)}, depending on which set is left out.`
}

/**
 * Where a model stands: "MoCo is rank 3 on validation and could be 1 to 3;
 * elsewhere 1 to 7 on v2 and 1 on Sketch. First under 98% of weightings …".
 */
export const sentence = (standing: Standing): string => {
  const { model, others, reference, shared } = standing
  const { high, low, rank, set } = reference
  const at = shared ? `shares rank ${rank}` : `is rank ${rank}`
  const could =
    low === high
      ? `${model} is surely rank ${rank} on ${set}`
      : `${model} ${at} on ${set} and could be ${ranks(low, high)}`
  const elsewhere = others.map((range) => `${ranks(range.low, range.high)} on ${range.set}`)
  const rest = elsewhere.length === 0 ? "" : `; elsewhere ${list(elsewhere)}`
  return `${could}${rest}.${firstUnder(standing)}${withoutOne(standing)}`
}
