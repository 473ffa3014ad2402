import type { Batch } from "../../src/arrow/Table.ts"
import type { Scores } from "../tables.ts"
import type { Naming } from "./params.ts"

/** A score before it is named. `class` is -1 for all together. */
export interface Scored {
  readonly metric: string
  readonly class: number
  readonly value: number
  readonly images: number
  readonly skipped: number
  readonly unlabelled: number
}

/** Rows of the table of scores. */
export const scoreRows = ({ model, set, variant }: Naming, rows: ReadonlyArray<Scored>): Batch<typeof Scores> => ({
  model: rows.map(() => model),
  set: rows.map(() => set),
  metric: rows.map(({ metric }) => (variant === undefined ? metric : `${metric}-${variant}`)),
  class: Int32Array.from(rows, (row) => row.class),
  value: Float64Array.from(rows, ({ value }) => value),
  images: Int32Array.from(rows, ({ images }) => images),
  skipped: Int32Array.from(rows, ({ skipped }) => skipped),
  unlabelled: Int32Array.from(rows, ({ unlabelled }) => unlabelled),
})
