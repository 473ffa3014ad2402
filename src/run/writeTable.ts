import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { Output } from "../store/Action.ts"
import type { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { aligned } from "./aligned.ts"
import { fitting } from "./Flow.ts"
import { cutter, type ShardRule } from "./Shards.ts"
import type { StageError } from "../dsl/StageError.ts"

/**
 * Writes what a whole-table stage gives: one artifact, or for a row-wise table
 * one a shard, cut where the ids say so. A table without rows is one artifact too.
 */
export const writeTable = Effect.fnUntraced(function* <R>(
  store: Store["Service"],
  rule: ShardRule,
  table: Table,
  batches: Stream.Stream<BatchOf<Table>, StageError, R>,
): Effect.fn.Return<ReadonlyArray<Output>, StageError | StoreError, R | Scope.Scope> {
  const outputs: Array<Output> = []
  const open = Effect.map(store.writer(table), (writer) => (table.rowWise ? aligned(table, writer) : writer))
  let writer = yield* open
  const ends = cutter(rule)
  /** Rows of which it is not known yet whether a shard ends with them. */
  const held: Array<BatchOf<Table>> = []
  let seen = 0
  let written = 0
  const writeUpTo = Effect.fnUntraced(function* (end: number) {
    while (written < end) {
      const batch = held.shift()
      if (batch === undefined) return
      const rows = Batch.rowCount(table, batch)
      const taken = Math.min(rows, end - written)
      yield* writer.append(Batch.slice(table, batch, 0, taken))
      written += taken
      if (taken < rows) held.unshift(Batch.slice(table, batch, taken, rows))
    }
  })
  const append = Effect.fnUntraced(function* (given: BatchOf<Table>) {
    const batch = yield* fitting(table)(given)
    const ids = batch["id"]
    // A batch without rows is handed on as well: it may say of which shape tensors would be.
    if (!table.rowWise || !Array.isArray(ids) || ids.length === 0) return yield* writer.append(batch)
    held.push(batch)
    seen += ids.length
    for (const end of ends(ids.map(String))) {
      yield* writeUpTo(end)
      outputs.push(yield* writer.finish)
      writer = yield* open
    }
    yield* writeUpTo(seen - rule.least)
  })
  yield* Stream.runForEach(batches, append)
  yield* writeUpTo(seen)
  outputs.push(yield* writer.finish)
  return outputs
})
