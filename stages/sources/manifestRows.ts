import type { Batch } from "../../src/arrow/Table.ts"
import type { Manifest } from "../tables.ts"

/** An image of a manifest. */
export interface Listed {
  readonly id: string
  readonly hash: string
  readonly bytes: number
  readonly path: string
  /** Where in the file its bytes begin, -1 where it is all of the file. */
  readonly offset: number
}

/** Images as a batch of a manifest. */
export const batchOf = (rows: ReadonlyArray<Listed>): Batch<typeof Manifest> => ({
  id: rows.map(({ id }) => id),
  hash: rows.map(({ hash }) => hash),
  bytes: Float64Array.from(rows, ({ bytes }) => bytes),
  path: rows.map(({ path }) => path),
  offset: Float64Array.from(rows, ({ offset }) => offset),
})
