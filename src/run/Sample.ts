import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { Resolver } from "../plan/Resolver.ts"
import { Store } from "../store/Store.ts"
import { failure, type NodeFailure } from "./Failure.ts"
import { cut, through } from "./Flow.ts"
import { stageContext, type Work } from "./Work.ts"

/** The rows of a batch that are asked for. */
const wanted = (table: Table, batch: BatchOf<Table>, ids: ReadonlySet<string>): BatchOf<Table> =>
  Batch.fromRows(
    table,
    Array.from({ length: Batch.rowCount(table, batch) }, (_, at) => Batch.row(table, batch, at)).filter((row) =>
      ids.has(String(row["id"])),
    ),
  )

/**
 * The rows of a row-wise node that have these ids. Where a node is not written,
 * only these rows are computed again: a few images of a large set cost as much
 * as a few images. Rows that are not there are left out.
 */
export const sample = Effect.fn("Sample.sample")(function* (
  resolver: Resolver,
  work: Work,
  index: number,
  ids: ReadonlySet<string>,
): Effect.fn.Return<ReadonlyArray<BatchOf<Table>>, NodeFailure, Store | Exclude<StageServices, Scope.Scope>> {
  const store = yield* Store
  const context = yield* stageContext
  const tableOf = (node: number) => resolver.dag.nodes[node]?.stage.output
  const found: Array<BatchOf<Table>> = []
  for (const [at, { output }] of (resolver.shards(index) ?? []).entries()) {
    const { base, nodes } = output === undefined ? work.chain(index, at) : { base: index, nodes: [] }
    const from = resolver.shards(base)?.[at]?.output
    const table = tableOf(base)
    if (from === undefined || table === undefined) continue
    const chosen = Stream.mapError(store.read(table, from), failure(base)).pipe(
      Stream.map((batch) => wanted(table, batch, ids)),
      Stream.filter((batch) => Batch.rowCount(table, batch) > 0),
    )
    if (nodes.length === 0) {
      found.push(...(yield* Stream.runCollect(chosen)))
      continue
    }
    const computed = Effect.gen(function* () {
      const batches = yield* Stream.runCollect(chosen)
      if (batches.length === 0) return []
      const opened = yield* Effect.forEach(nodes, work.open)
      const step = through(opened, { index: base, table }, new Set([index]))
      const flowed = yield* Stream.runCollect(
        Stream.mapEffect(cut(table, Stream.fromIterable(batches)), (batch) =>
          Effect.provideContext(Effect.scoped(step(batch)), context),
        ),
      )
      return yield* Effect.forEach(flowed, ({ values }) =>
        Effect.fromResult(values.get(index) ?? Result.succeed(undefined)),
      )
    })
    found.push(...(yield* Effect.scoped(computed)).filter((batch) => batch !== undefined))
  }
  return found
})
