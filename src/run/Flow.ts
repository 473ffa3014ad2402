import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Row, Table } from "../arrow/Table.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { Cores, type StageServices } from "../dsl/Services.ts"
import type { AnyEach, AnyRows } from "../dsl/Stage.ts"
import { StageError } from "../dsl/StageError.ts"
import { overOf } from "../plan/Resolver.ts"
import { NodeFailure, failure } from "./Failure.ts"
import { batchRows } from "./Shards.ts"
import type { Skip } from "./Skipped.ts"

/** A row-wise node, opened: ready to work on batches or rows. */
export type Opened = RowsOpened | EachOpened
interface RowsOpened {
  readonly kind: "rows"
  readonly node: DagNode
  readonly stage: AnyRows
  readonly step: Effect.Success<ReturnType<AnyRows["open"]>>
}
interface EachOpened {
  readonly kind: "each"
  readonly node: DagNode
  readonly stage: AnyEach
  readonly step: Effect.Success<ReturnType<AnyEach["open"]>>
}

/** A row that a node left out. */
export interface SkippedAt {
  readonly node: number
  readonly skip: Skip
}

/** One batch after it went through a group of nodes. */
export interface Flowed {
  /** What each node gave, or how it failed. */
  readonly values: ReadonlyMap<number, Result.Result<BatchOf<Table>, NodeFailure>>
  readonly skipped: ReadonlyArray<SkippedAt>
  /** Rows of the batch before anything was left out. */
  readonly rows: number
}

type RowResult = Row<Table> | undefined

const badRow = (id: string, error: { readonly reason: string; readonly file?: string }) =>
  new StageError({
    message: `${id}: ${error.reason}`,
    hint: 'mend or remove the file, or leave bad rows out with `policy: "skip"`',
    ...(error.file === undefined ? {} : { file: error.file }),
  })

/** The memory that a row's bytes and numbers lie in. */
const memoryOf = (row: RowResult): ReadonlyArray<ArrayBufferLike> =>
  Object.values(row ?? {}).flatMap((value) => {
    const data = typeof value === "object" && "shape" in value ? value.data : value
    return typeof data === "object" ? [data.buffer] : []
  })

interface RowsThrough {
  readonly results: ReadonlyMap<number, ReadonlyArray<RowResult>>
  readonly failures: Map<number, NodeFailure>
  readonly skipped: ReadonlyArray<SkippedAt>
}

/**
 * Sends the rows of `batch` through a tree of row-by-row nodes, each row all
 * the way before the next: however large a decoded row is, only a few are in
 * memory at once.
 */
const eachRow = Effect.fnUntraced(function* (
  root: EachOpened,
  children: (node: DagNode) => ReadonlyArray<EachOpened>,
  table: Table,
  batch: BatchOf<Table>,
  kept: ReadonlyArray<number>,
): Effect.fn.Return<RowsThrough, never, StageServices> {
  const cores = yield* Cores
  const count = Batch.rowCount(table, batch)
  const results = new Map<number, Array<RowResult>>(kept.map((index) => [index, []]))
  const failures = new Map<number, NodeFailure>()
  // Row by row, as rows overtake one another.
  const skipped = Array.from({ length: count }, (): Array<SkippedAt> => [])
  const go: (opened: EachOpened, row: Row<Table>, at: number) => Effect.Effect<void, never, StageServices> =
    Effect.fnUntraced(function* (opened, row, at) {
      const { node, stage, step } = opened
      if (failures.has(node.index)) return
      const id = String(row["id"])
      const result = yield* Effect.result(step(row))
      if (Result.isFailure(result)) {
        const error = result.failure
        if (error._tag === "RowError" && stage.onBadRow?.(node.params) === "skip") {
          skipped[at]?.push({ node: node.index, skip: { id, stage: stage.name, reason: error.reason } })
        } else {
          failures.set(node.index, failure(node.index)(error._tag === "RowError" ? badRow(id, error) : error))
        }
        return
      }
      const list = results.get(node.index)
      if (list !== undefined) list[at] = result.success
      for (const child of children(node)) yield* go(child, result.success, at)
      if (list !== undefined || stage.release === undefined) return
      // What is kept of it may be the same memory.
      const kept = new Set([...results.values()].flatMap((rows) => memoryOf(rows[at])))
      if (!memoryOf(result.success).some((memory) => kept.has(memory))) stage.release(result.success)
    })
  yield* Effect.forEach(
    Array.from({ length: count }, (_, i) => i),
    (i) => go(root, Batch.row(table, batch, i), i),
    { concurrency: cores.total + 1, discard: true },
  )
  return { results, failures, skipped: skipped.flat() }
})

/**
 * What happens to each batch of a shard on its way through `nodes` (opened,
 * inputs before what stands on them; all walk the shards of `base` or of one
 * another). Nodes fail one by one: what does not stand on a failed one goes on.
 */
export const through = (
  nodes: ReadonlyArray<Opened>,
  base: { readonly index: number; readonly table: Table },
  wanted: ReadonlySet<number>,
): ((batch: BatchOf<Table>) => Effect.Effect<Flowed, never, StageServices>) => {
  const each = nodes.filter((opened) => opened.kind === "each")
  const isEach = new Set(each.map((opened) => opened.node.index))
  const children = (node: DagNode) => each.filter((opened) => overOf(opened.node) === node.index)
  const tree = (opened: EachOpened): ReadonlyArray<DagNode> => [opened.node, ...children(opened.node).flatMap(tree)]
  const tables = new Map([
    [base.index, base.table],
    ...nodes.map(({ node }) => [node.index, node.stage.output] as const),
  ])
  // Rows are gathered only where someone asks for batches.
  const gathers = (index: number) =>
    wanted.has(index) || nodes.some(({ kind, node }) => kind === "rows" && overOf(node) === index)
  return Effect.fnUntraced(function* (batch) {
    const values = new Map<number, Result.Result<BatchOf<Table>, NodeFailure>>([[base.index, Result.succeed(batch)]])
    const skipped: Array<SkippedAt> = []
    for (const opened of nodes) {
      const { node } = opened
      const over = overOf(node) ?? -1
      if (opened.kind === "each" && isEach.has(over)) continue
      const input = values.get(over)
      const table = tables.get(over)
      if (input === undefined || table === undefined) continue
      if (Result.isFailure(input)) {
        values.set(node.index, input)
        continue
      }
      if (opened.kind === "rows") {
        const empty = Batch.rowCount(table, input.success) === 0
        const output = empty ? Effect.succeed(Batch.fromRows(node.stage.output, [])) : opened.step(input.success)
        const checked = Effect.flatMap(output, fitting(node.stage.output))
        values.set(node.index, yield* Effect.result(Effect.mapError(checked, failure(node.index))))
        continue
      }
      const members = tree(opened)
      const kept = members.map((member) => member.index).filter(gathers)
      const { failures, results, skipped: left } = yield* eachRow(opened, children, table, input.success, kept)
      skipped.push(...left)
      for (const member of members) {
        const above = failures.get(overOf(member) ?? -1)
        if (above !== undefined && !failures.has(member.index)) failures.set(member.index, above)
        const rows = results.get(member.index)
        const failed = failures.get(member.index)
        if (failed !== undefined) values.set(member.index, Result.fail(failed))
        else if (rows !== undefined) values.set(member.index, gathered(member, rows))
      }
    }
    return { values, skipped, rows: Batch.rowCount(base.table, batch) }
  })
}

/** A batch, if it fits its table. */
export const fitting =
  (table: Table) =>
  (batch: BatchOf<Table>): Effect.Effect<BatchOf<Table>, StageError> => {
    const problem = Batch.problem(table, batch)
    return problem === undefined
      ? Effect.succeed(batch)
      : Effect.fail(new StageError({ message: problem.message, hint: "this is a fault in the stage's code" }))
  }

const gathered = (node: DagNode, rows: ReadonlyArray<RowResult>) =>
  Result.try({
    try: () =>
      Batch.fromRows(
        node.stage.output,
        rows.filter((row) => row !== undefined),
      ),
    catch: (cause) =>
      failure(node.index)(
        new StageError({
          message: cause instanceof Error ? cause.message : String(cause),
          hint: "all rows of a table must have the same columns, and tensors of one shape",
        }),
      ),
  })

/** Batches cut to what a stage sees at once; borders stay where they are. */
export const cut = <E, R>(
  table: Table,
  batches: Stream.Stream<BatchOf<Table>, E, R>,
): Stream.Stream<BatchOf<Table>, E, R> =>
  Stream.flatMap(batches, (batch) => {
    const rows = Batch.rowCount(table, batch)
    if (rows <= batchRows) return Stream.succeed(batch)
    const starts = Array.from({ length: Math.ceil(rows / batchRows) }, (_, i) => i * batchRows)
    return Stream.fromIterable(
      starts.map((start) => Batch.slice(table, batch, start, Math.min(start + batchRows, rows))),
    )
  })
