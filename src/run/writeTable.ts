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
  const ends = table.rowWise ? cutter(rule) : undefined
  const open = Effect.map(store.writer(table), (writer) => (table.rowWise ? aligned(table, writer) : writer))
  let writer = yield* open
  let pending = true
  const append = Effect.fnUntraced(function* (given: BatchOf<Table>) {
    const batch = yield* fitting(table)(given)
    const rows = Batch.rowCount(table, batch)
    const ids = batch["id"]
    let from = 0
    for (const end of ends === undefined || !Array.isArray(ids) ? [] : ends(ids.map(String))) {
      yield* writer.append(Batch.slice(table, batch, from, end))
      outputs.push(yield* writer.finish)
      writer = yield* open
      pending = false
      from = end
    }
    // A batch without rows is handed on as well: it may say of which shape tensors would be.
    if (from > 0 && from === rows) return
    yield* writer.append(Batch.slice(table, batch, from, rows))
    pending ||= rows > 0
  })
  yield* Stream.runForEach(batches, append)
  if (pending) outputs.push(yield* writer.finish)
  return outputs
})
