import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { DagNode } from "../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { prepare } from "../plan/Plan.ts"
import * as View from "../plan/View.ts"
import type { Output } from "../store/Action.ts"
import * as scratch from "../store/scratch.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Engine } from "./Engine.ts"
import * as Executor from "./Executor.ts"
import * as Work from "./Work.ts"

/** A row of a source that is another than in the last run. */
const Row = Schema.Struct({
  id: Schema.String,
  /** Content hashes or values, where the source has any; undefined where the row is not there. */
  before: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
})

/** How what lies outside the pipeline has changed. */
export const SourceChange = Schema.Struct({
  node: Schema.String,
  added: Schema.Int,
  removed: Schema.Int,
  changed: Schema.Int,
  /** The first of them. */
  rows: Schema.Array(Row),
  /** Why this cannot be told. */
  unknown: Schema.optionalKey(Schema.String),
})
export type SourceChange = typeof SourceChange.Type

const shown = 5

/** The values of each row, as one text. Bytes count by their length alone: sources give hashes beside them. */
const textsOf = (table: Table, batch: BatchOf<Table>): ReadonlyMap<string, string> => {
  const columns = Object.keys(table.columns).filter((name) => name !== "id" && !table.aside.includes(name))
  const rows = Array.from({ length: Batch.rowCount(table, batch) }, (_, at) => Batch.row<Table>(table, batch, at))
  const text = (value: unknown): string => {
    if (value instanceof Uint8Array) return `${value.length} bytes`
    return value instanceof Int32Array || value instanceof Float32Array ? `[${value.join(", ")}]` : String(value)
  }
  return new Map(
    rows.map((row, at) => [
      "id" in row ? String(row["id"]) : `row ${at}`,
      columns.map((name) => text(row[name])).join(" "),
    ]),
  )
}

const readAll = (store: StoreShape, table: Table, outputs: ReadonlyArray<Output>) =>
  Effect.map(
    Stream.runCollect(Stream.flatMap(Stream.fromIterable(outputs), (output) => store.read(table, output))),
    (batches) => textsOf(table, batches.length === 0 ? Batch.fromRows(table, []) : Batch.concat(table, batches)),
  )

const difference = (node: string, was: ReadonlyMap<string, string>, is: ReadonlyMap<string, string>): SourceChange => {
  const changed = [...is].filter(([id, text]) => was.has(id) && was.get(id) !== text)
  const added = [...is].filter(([id]) => !was.has(id))
  const removed = [...was].filter(([id]) => !is.has(id))
  return {
    node,
    added: added.length,
    removed: removed.length,
    changed: changed.length,
    rows: [
      ...changed.map(([id, after]) => ({ id, before: was.get(id) ?? "", after })),
      ...added.map(([id, after]) => ({ id, after })),
      ...removed.map(([id, before]) => ({ id, before })),
    ].slice(0, shown),
  }
}

/** How the rows of a source differ between two of its results that are in the store. */
export const between = Effect.fnUntraced(function* (
  node: DagNode,
  before: ReadonlyArray<Output>,
  after: ReadonlyArray<Output>,
): Effect.fn.Return<SourceChange, StoreError, Store> {
  const store = yield* Store
  for (const { table } of [...before, ...after]) {
    if ((yield* store.check(table)) === "present") continue
    return { node: node.name, added: 0, removed: 0, changed: 0, rows: [], unknown: "one is no longer in the cache" }
  }
  const table = node.stage.output
  return difference(node.name, yield* readAll(store, table, before), yield* readAll(store, table, after))
})

/**
 * How the files behind some sources differ from the last run: each is read
 * again beside the store (files whose size and time have not changed are taken
 * as they were), and its rows compared with those of the last run.
 */
export const sourceChanges = Effect.fn("sourceChanges")(function* (
  pipeline: Pipeline,
  names: ReadonlyArray<string>,
): Effect.fn.Return<ReadonlyArray<SourceChange>, PipelineError | StoreError, Engine> {
  if (names.length === 0) return []
  const store = yield* Store
  const told = Effect.gen(function* () {
    const resolver = yield* prepare(pipeline, {})
    const runs = (yield* store.lastRuns(20)).filter((run) => run.pipeline === pipeline.name)
    const before = View.ofRuns(runs)
    const apart = yield* scratch.make(store.root)
    const beside: StoreShape = { ...store, writer: apart.writer, record: () => Effect.void }
    const execute = yield* Effect.gen(function* () {
      return yield* Executor.make(resolver, yield* Work.make(resolver), () => Effect.void)
    }).pipe(Effect.provideService(Store, beside))
    const one = Effect.fnUntraced(function* (node: DagNode): Effect.fn.Return<SourceChange, StoreError, Store> {
      const nothing = { node: node.name, added: 0, removed: 0, changed: 0, rows: [] }
      const former = yield* before.action(node.name, 0)
      if (former === undefined) return { ...nothing, unknown: "what it gave in the last run is no longer recorded" }
      const states = yield* Effect.forEach(former.outputs, ({ table }) => store.check(table))
      if (states.some((state) => state !== "present")) {
        return { ...nothing, unknown: "what it gave in the last run is no longer in the cache" }
      }
      const [outcome] = yield* execute({ kind: "whole", node: node.index, feeding: [] })
      if (outcome === undefined || Result.isFailure(outcome.result)) {
        const why = outcome === undefined ? "" : `: ${Result.getOrThrow(Result.flip(outcome.result)).error.message}`
        return { ...nothing, unknown: `it cannot be read now${why}` }
      }
      const table = node.stage.output
      const was = yield* readAll(store, table, former.outputs)
      return difference(node.name, was, yield* readAll(apart, table, outcome.result.success.outputs))
    })
    const wanted = resolver.dag.nodes.filter(({ name, stage }) => names.includes(name) && stage.kind === "whole")
    return yield* Effect.forEach(wanted, one)
  })
  return yield* Effect.scoped(told)
})
