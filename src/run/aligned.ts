import * as Effect from "effect/Effect"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { Writer } from "../store/Store.ts"
import { batchRows } from "./Shards.ts"

/** Rows a record batch of tables with little in a row. */
const small = 1024

/**
 * A writer whose record batches are counted from its first row, however the rows
 * are handed over. Otherwise a row more would move the batches of all shards that
 * follow it, and with them their hashes.
 */
export const aligned = (table: Table, writer: Writer<Table>): Writer<Table> => {
  const large = Object.values(table.columns).some((column) => /binary|Tensor/.test(column))
  const size = large ? batchRows : small
  let held: Array<BatchOf<Table>> = []
  let count = 0
  const flush = Effect.suspend(() => {
    const batch = Batch.concat(table, held)
    held = []
    count = 0
    return writer.append(batch)
  })
  return {
    append: Effect.fnUntraced(function* (batch) {
      const rows = Batch.rowCount(table, batch)
      if (rows === 0) return yield* writer.append(batch)
      for (let from = 0; from < rows;) {
        const to = Math.min(rows, from + size - count)
        held.push(Batch.slice(table, batch, from, to))
        count += to - from
        from = to
        if (count === size) yield* flush
      }
    }),
    finish: Effect.andThen(
      Effect.suspend(() => (count === 0 ? Effect.void : flush)),
      writer.finish,
    ),
  }
}
