import { print } from "../engine/table.ts"

/** One thing measured: `ratio` is that of the measured speed to the peer's, medians of one run. */
export interface Measured {
  readonly work: string
  readonly measured: string
  readonly peer: string
  /** Undefined where the peer is missing. */
  readonly ratio: number | undefined
  /** What the ratio must reach: `≥ 2.5`. */
  readonly mustReach: string
}

/** Prints what was measured, a row each. */
export const table = (title: string, rows: ReadonlyArray<Measured>): void =>
  print(
    title,
    ["", "measured", "peer", "ratio", "must reach"],
    rows.map(({ measured, mustReach, peer, ratio, work }) => [
      work,
      measured,
      peer,
      ratio === undefined ? "-" : ratio.toFixed(2),
      mustReach,
    ]),
  )

/** The middle one of some numbers. */
export const median = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
