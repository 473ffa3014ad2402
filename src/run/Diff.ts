import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import { compare, type Comparison } from "../arrow/compare.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import * as Dag from "../dsl/Dag.ts"
import type { DagNode } from "../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { causes, merged } from "../plan/Cause.ts"
import { detailed, type Shared } from "../plan/Explain.ts"
import * as View from "../plan/View.ts"
import type { RunRecord } from "../store/RunRecord.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { between, type SourceChange } from "./sourceChanges.ts"

/** A target's table in two runs. */
export interface TableDiff {
  readonly target: string
  /** Every figure that differs. Undefined where one of the two is not in the cache any more, or is no table of figures. */
  readonly comparison: Comparison | undefined
  /** Why it cannot be compared. */
  readonly unknown: string | undefined
}

/** Seconds that a stage took in each run, all of its nodes together; 0 where nothing was computed. */
export interface StageTime {
  readonly stage: string
  readonly before: number
  readonly after: number
}

/** What differs between two runs. */
export interface Diff {
  readonly nodes: {
    readonly same: number
    readonly changed: ReadonlyArray<string>
    readonly added: ReadonlyArray<string>
    readonly removed: ReadonlyArray<string>
    /** Nodes that one of the runs did not come to the end of. */
    readonly unfinished: ReadonlyArray<string>
  }
  readonly tables: ReadonlyArray<TableDiff>
  /** Where the changes begin. */
  readonly causes: ReadonlyArray<Shared>
  /** How the files of sources among them differ. */
  readonly sources: ReadonlyArray<SourceChange>
  readonly times: ReadonlyArray<StageTime>
}

const mostRows = 5000
const unfinished = new Set(["failed", "blocked", "waiting"])
const figures = new Set(["utf8", "int32", "float64"])

const isFigures = (table: Table) => !table.rowWise && Object.values(table.columns).every((kind) => figures.has(kind))

const rowsOf = Effect.fnUntraced(function* (
  node: DagNode,
  keys: ReadonlyArray<string>,
): Effect.fn.Return<BatchOf<Table> | undefined, StoreError, Store> {
  const store = yield* Store
  const table = node.stage.output
  const outputs = (yield* Effect.forEach(keys, (key) => store.action(key))).map((action) => action?.outputs)
  const all: Array<BatchOf<Table>> = []
  for (const output of outputs) {
    if (output === undefined) return undefined
    for (const one of output) {
      if ((yield* store.check(one.table)) !== "present") return undefined
      all.push(...(yield* Stream.runCollect(store.read(table, one))))
    }
  }
  return all.length === 0 ? Batch.fromRows(table, []) : Batch.concat(table, all)
})

const timesOf = ({ nodes }: RunRecord) => {
  const times = new Map<string, number>()
  for (const { seconds, stage, state } of Object.values(nodes)) {
    if (state === "executed") times.set(stage, (times.get(stage) ?? 0) + seconds)
  }
  return times
}

const compareTable = Effect.fnUntraced(function* (
  target: string,
  node: DagNode,
  before: RunRecord,
  after: RunRecord,
): Effect.fn.Return<ReadonlyArray<TableDiff>, StoreError, Store> {
  const [was, is] = [before.nodes[node.name], after.nodes[node.name]]
  if (was === undefined || is === undefined || was.keys.join() === is.keys.join()) return []
  if (unfinished.has(was.state) || unfinished.has(is.state)) return []
  const unknown = (why: string): ReadonlyArray<TableDiff> => [{ target, comparison: undefined, unknown: why }]
  if (!isFigures(node.stage.output)) return unknown("no table of figures")
  const [then, now] = [yield* rowsOf(node, was.keys), yield* rowsOf(node, is.keys)]
  if (then === undefined || now === undefined) {
    return unknown(`what the ${then === undefined ? "first" : "second"} run gave is no longer in the cache`)
  }
  const rows = Math.max(Batch.rowCount(node.stage.output, then), Batch.rowCount(node.stage.output, now))
  if (rows > mostRows) return unknown(`${rows} rows are too many to list`)
  const comparison = compare(node.stage.output, then, now, { absolute: 0, relative: 0 }, { shown: Infinity })
  return [{ target, comparison, unknown: undefined }]
})

/**
 * Compares what two runs of a pipeline recorded: figures of the targets, nodes,
 * times, and why. Tables and edges are those of the pipeline as it is now; what
 * it no longer has is only named.
 */
export const diff = Effect.fn("Diff.diff")(function* (
  pipeline: Pipeline,
  before: RunRecord,
  after: RunRecord,
): Effect.fn.Return<Diff, PipelineError | StoreError, Store> {
  const dag = yield* Dag.make(pipeline)
  const done = ({ nodes }: RunRecord, name: string) => !unfinished.has(nodes[name]?.state ?? "")
  const shared = Object.keys(after.nodes).filter((name) => name in before.nodes)
  const both = shared.filter((name) => done(before, name) && done(after, name))
  const changed = both.filter((name) => before.nodes[name]?.keys.join() !== after.nodes[name]?.keys.join())
  const tables = yield* Effect.forEach(Object.entries(dag.targets), ([target, index]) => {
    const node = dag.nodes[index]
    return node === undefined ? Effect.succeed([]) : compareTable(target, node, before, after)
  })
  const [then, now] = [View.ofRuns([before]), View.ofRuns([after])]
  const different = dag.nodes.filter(({ name }) => changed.includes(name))
  const found = yield* Effect.forEach(different, (node) =>
    Effect.map(causes(dag, node.index, then, now), (all) => [node.name, all] as const),
  )
  const all = merged(found)
  const explained = yield* detailed(
    dag,
    all.map(({ cause }) => cause),
  )
  const sources: Array<SourceChange> = []
  for (const { changes, node } of explained) {
    const at = dag.nodes.find(({ name }) => name === node)
    if (at === undefined || at.stage.kind !== "whole" || !changes.some(({ part }) => part === "outside")) continue
    const [one, other] = [yield* then.action(node, 0), yield* now.action(node, 0)]
    if (one !== undefined && other !== undefined) sources.push(yield* between(at, one.outputs, other.outputs))
  }
  const [was, is] = [timesOf(before), timesOf(after)]
  return {
    nodes: {
      same: both.length - changed.length,
      changed,
      added: Object.keys(after.nodes).filter((name) => !(name in before.nodes)),
      removed: Object.keys(before.nodes).filter((name) => !(name in after.nodes)),
      unfinished: shared.filter((name) => !both.includes(name)),
    },
    tables: tables.flat(),
    causes: all.flatMap(({ nodes }, at) => {
      const cause = explained[at]
      return cause === undefined ? [] : [{ cause, nodes }]
    }),
    sources,
    times: [...new Set([...was.keys(), ...is.keys()])].map((stage) => ({
      stage,
      before: was.get(stage) ?? 0,
      after: is.get(stage) ?? 0,
    })),
  }
})
