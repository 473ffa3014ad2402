import { list, points, pValue } from "./words.ts"

/** Two models on one set; a positive difference is a's lead. */
export interface OnSet {
  readonly set: string
  readonly difference: number
  /** Adjusted for all pairs of the set. */
  readonly p: number
  /** Whether both were judged on the same images, one by one. */
  readonly paired: boolean
}

/** A combined lead over sets. */
export interface Combined {
  readonly estimate: number
  readonly low: number
  readonly high: number
  readonly sets: number
}

/** All that is known of two neighbours in the ranking: `a` stands before `b` on the reference. */
export interface Comparison {
  readonly a: string
  readonly b: string
  /** Of which the difference is not negative. */
  readonly reference: OnSet
  readonly others: ReadonlyArray<OnSet>
  readonly random: Combined | undefined
}

/** Whether the better of two models is surely better. */
export const differs = ({ p }: OnSet, alpha: number): boolean => p <= alpha

/** Which sets each of the two is surely ahead on, the reference aside. */
const leads = ({ others }: Comparison, alpha: number) => {
  const ahead = (sign: number) =>
    others.filter((on) => differs(on, alpha) && Math.sign(on.difference) === sign).map(({ set }) => set)
  return { first: ahead(1), second: ahead(-1) }
}

/** "A is ahead of B on validation by 1.2 points (p < .001) and on v2; B is ahead on Sketch" */
const apart = (comparison: Comparison, alpha: number): string => {
  const { a, b, others, reference } = comparison
  const { first, second } = leads(comparison, alpha)
  const ahead = `${a} is ahead of ${b} on ${reference.set} by ${points(reference.difference)} (${pValue(reference.p)})`
  if (others.length > 0 && first.length + second.length === 0) return `${ahead}; on no other set do they differ`
  return `${ahead}${first.length > 0 ? ` and on ${list(first)}` : ""}${second.length > 0 ? `; ${b} is ahead on ${list(second)}` : ""}`
}

/** "A and B are indistinguishable on validation (p = .41); B is ahead on Rendition and Sketch" */
const alike = (comparison: Comparison, alpha: number): string => {
  const { a, b, others, reference } = comparison
  const { first, second } = leads(comparison, alpha)
  const same = reference.paired
    ? `${a} and ${b} are indistinguishable on ${reference.set} (${pValue(reference.p)})`
    : `${a} and ${b} cannot be told apart on ${reference.set} by their accuracies alone (${pValue(reference.p)})`
  if (others.length === 0) return same
  if (first.length + second.length === 0)
    return `${same}${reference.paired ? " and on every other set" : ", nor on any other set"}`
  const wins = [
    ...(first.length > 0 ? [`${a} is ahead on ${list(first)}`] : []),
    ...(second.length > 0 ? [`${b} ${first.length > 0 ? "" : "is ahead "}on ${list(second)}`] : []),
  ]
  return `${same}; ${wins.join(", ")}`
}

const together = ({ a, b, random }: Comparison): string => {
  if (random === undefined) return ""
  const { estimate, high, low, sets } = random
  const [better, sign] = estimate < 0 ? [b, -1] : [a, 1]
  const ends = [low * sign, high * sign].sort((x, y) => x - y).map((end) => points(end).replace(/ points?$/, ""))
  const over = sets === 1 ? "the other set" : `the ${sets} other sets together`
  return low <= 0 && high >= 0
    ? ` Over ${over} neither is surely ahead (${better} by ${points(Math.abs(estimate))}, ${ends.join(" to ")}).`
    : ` Over ${over} ${better} is ahead by ${points(Math.abs(estimate))} (${ends.join(" to ")}).`
}

/**
 * What can be said of two neighbours, in one or two sentences: "DINO and MoCo are
 * indistinguishable on validation (p = .41); MoCo is ahead on Rendition and
 * Sketch. Over the 5 other sets together …".
 */
export const sentence = (comparison: Comparison, alpha: number): string =>
  `${differs(comparison.reference, alpha) ? apart(comparison, alpha) : alike(comparison, alpha)}.${together(comparison)}`
