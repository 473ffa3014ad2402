import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import { agree, compare, type Comparison, type Tolerance } from "../arrow/compare.ts"
import type { Batch as BatchOf, Column, Table } from "../arrow/Table.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { type Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { ofShards } from "../plan/Key.ts"
import { prepare } from "../plan/Plan.ts"
import { type Resolver, writes } from "../plan/Resolver.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Engine } from "./Engine.ts"
import { Host } from "./Host.ts"
import type { Figures, LockFile } from "./LockFile.ts"

// Larger tables, and those that hold more than texts and numbers, are locked by their content alone.
const mostRows = 5000
const plainColumns: ReadonlySet<Column> = new Set(["utf8", "int32", "float64", "int32s", "float32s"])

type Cell = Figures["rows"][number][number]

const number = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

const cell = (value: unknown): Cell => {
  if (typeof value === "string") return value
  if (typeof value === "number") return number(value)
  return value instanceof Int32Array || value instanceof Float32Array ? Array.from(value, number) : ""
}

const contentColumns = (table: Table) => Object.keys(table.columns).filter((name) => !table.aside.includes(name))

const isPlain = (table: Table, rows: number): boolean =>
  rows <= mostRows && contentColumns(table).every((name) => plainColumns.has(table.columns[name] ?? "binary"))

const hashesOf = (resolver: Resolver, index: number) =>
  ofShards((resolver.units(index) ?? []).flatMap(({ outputs }) => (outputs ?? []).map(({ table }) => table.hash)))

const rowsOf = Effect.fnUntraced(function* (
  resolver: Resolver,
  node: DagNode,
): Effect.fn.Return<BatchOf<Table>, StoreError, Store> {
  const store = yield* Store
  const table = node.stage.output
  const outputs = (resolver.units(node.index) ?? []).flatMap((unit) => unit.outputs ?? [])
  const batches = yield* Stream.runCollect(
    Stream.flatMap(Stream.fromIterable(outputs), (output) => store.read(table, output)),
  )
  return batches.length === 0 ? Batch.fromRows(table, []) : Batch.concat(table, batches)
})

const figuresOf = (table: Table, batch: BatchOf<Table>): Figures => {
  const columns = contentColumns(table)
  const rows = Array.from({ length: Batch.rowCount(table, batch) }, (_, at) => Batch.row<Table>(table, batch, at))
  return { columns, rows: rows.map((row) => columns.map((name) => cell(row[name]))) }
}

const complete = (resolver: Resolver, index: number): boolean => {
  const units = resolver.units(index)
  return units !== undefined && units.every(({ outputs }) => outputs !== undefined)
}

const targetsOf = (resolver: Resolver): ReadonlyArray<readonly [target: string, node: DagNode]> =>
  Object.entries(resolver.dag.targets).flatMap(([name, index]) => {
    const node = resolver.dag.nodes[index]
    return node === undefined ? [] : [[name, node] as const]
  })

const keysOf = (resolver: Resolver): Readonly<Record<string, string>> =>
  Object.fromEntries(
    resolver.selected.flatMap((index) => {
      const [node, units] = [resolver.dag.nodes[index], resolver.units(index)]
      return node === undefined || units === undefined ? [] : [[node.name, ofShards(units.map(({ key }) => key))]]
    }),
  )

/** Each name once, with all that it stands for: stages may compute on different devices. */
const together = (records: ReadonlyArray<Readonly<Record<string, string>>>): Readonly<Record<string, string>> => {
  const all = Map.groupBy(
    records.flatMap((record) => Object.entries(record)),
    ([name]) => name,
  )
  return Object.fromEntries(
    [...all].map(([name, found]) => [name, [...new Set(found.map(([, value]) => value))].join(", ")]),
  )
}

/** Locks what a pipeline's targets are now. Errors: targets that are not fresh. */
export const make = Effect.fn("Lock.make")(function* (
  pipeline: Pipeline,
  version: string,
): Effect.fn.Return<LockFile, PipelineError | StoreError, Engine> {
  const resolver = yield* Effect.scoped(prepare(pipeline, {}))
  const targets: Record<string, LockFile["targets"][string]> = {}
  for (const [name, node] of targetsOf(resolver)) {
    if (!writes(node)) continue
    if (!complete(resolver, node.index)) {
      return yield* new PipelineError({
        node: node.name,
        message: `the target ${name} is not fresh: there is nothing to lock`,
        hint: "pipeline run, then lock",
      })
    }
    const table = node.stage.output
    const rows = (resolver.units(node.index) ?? [])
      .flatMap(({ outputs }) => outputs ?? [])
      .reduce((sum, output) => sum + output.table.rows, 0)
    targets[name] = {
      node: node.name,
      table: table.name,
      rows,
      content: hashesOf(resolver, node.index),
      ...(isPlain(table, rows) ? { figures: figuresOf(table, yield* rowsOf(resolver, node)) } : {}),
    }
  }
  const packages = resolver.selected.map((index) => resolver.parts(index)?.packages ?? {})
  const environments = resolver.selected.map((index) => resolver.parts(index)?.environment ?? {})
  return {
    version: 1,
    pipeline: pipeline.name,
    versions: { rankshift: version, node: process.versions.node, ...together([...packages, ...environments]) },
    host: yield* Host,
    targets,
    keys: keysOf(resolver),
  }
})

/** How what is there differs from what was locked. */
export interface Departure {
  readonly target: string
  /** `equal` byte by byte, `close` within the tolerance. */
  readonly verdict: "equal" | "close" | "different" | "missing" | "added" | "not computed"
  /** Figures that differ; empty where a table was locked by its content alone. */
  readonly comparison: Comparison | undefined
}

/** Nodes whose keys are not those of the lock, in the order of the pipeline, as far as keys are known. */
export const otherKeys = Effect.fn("Lock.otherKeys")(function* (
  pipeline: Pipeline,
  lock: LockFile,
): Effect.fn.Return<ReadonlyArray<string>, PipelineError | StoreError, Engine> {
  const now = keysOf(yield* Effect.scoped(prepare(pipeline, {})))
  return Object.entries(now).flatMap(([node, key]) => (lock.keys[node] === key ? [] : [node]))
})

const asNumber = (value: Cell | undefined): number => Number(typeof value === "string" && value === "" ? NaN : value)

/** A locked table as a batch. Columns that it lacks or has too many are an error in the caller's eyes: undefined. */
const batchOf = (table: Table, { columns, rows }: Figures): BatchOf<Table> | undefined => {
  if (contentColumns(table).join() !== columns.join()) return undefined
  const column = (name: string) => rows.map((row) => row[columns.indexOf(name)])
  const listed = (value: Cell | undefined) => (Array.isArray(value) ? value.map(asNumber) : [])
  return Object.fromEntries(
    columns.map((name): [string, BatchOf<Table>[string]] => {
      const values = column(name)
      switch (table.columns[name]) {
        case "int32":
          return [name, Int32Array.from(values, asNumber)]
        case "float64":
          return [name, Float64Array.from(values, asNumber)]
        case "int32s":
          return [name, values.map((value) => Int32Array.from(listed(value)))]
        case "float32s":
          return [name, values.map((value) => Float32Array.from(listed(value)))]
        default:
          return [name, values.map(String)]
      }
    }),
  )
}

/** Compares what a pipeline's targets are now with what was locked: by content, then figure by figure. */
export const departures = Effect.fn("Lock.departures")(function* (
  pipeline: Pipeline,
  lock: LockFile,
  tolerance: Tolerance,
): Effect.fn.Return<ReadonlyArray<Departure>, PipelineError | StoreError, Engine> {
  const resolver = yield* Effect.scoped(prepare(pipeline, {}))
  const now = new Map(targetsOf(resolver).filter(([, node]) => writes(node)))
  const found: Array<Departure> = []
  const add = (target: string, verdict: Departure["verdict"], comparison?: Comparison) =>
    found.push({ target, verdict, comparison })
  for (const [target, locked] of Object.entries(lock.targets)) {
    const node = now.get(target)
    if (node === undefined) add(target, "missing")
    else if (!complete(resolver, node.index)) add(target, "not computed")
    else if (hashesOf(resolver, node.index) === locked.content) add(target, "equal")
    else {
      const table = Batch.only(node.stage.output, (name) => !node.stage.output.aside.includes(name))
      const before = locked.figures === undefined ? undefined : batchOf(table, locked.figures)
      if (before === undefined) add(target, "different")
      else {
        const comparison = compare(table, before, yield* rowsOf(resolver, node), tolerance)
        add(target, agree(comparison) ? "close" : "different", comparison)
      }
    }
  }
  for (const target of now.keys()) if (!(target in lock.targets)) add(target, "added")
  return found
})

/** A departure as it is written in JSON lines. */
export const DepartureEvent = Schema.Struct({
  event: Schema.Literal("locked"),
  target: Schema.String,
  verdict: Schema.String,
  differing: Schema.Int,
  largest: Schema.Finite,
})

/** What is told of a departure in JSON lines. */
export const event = ({ comparison, target, verdict }: Departure): typeof DepartureEvent.Type => ({
  event: "locked",
  target,
  verdict,
  differing: comparison?.differing ?? 0,
  largest: Number.isFinite(comparison?.largest ?? 0) ? (comparison?.largest ?? 0) : Number.MAX_VALUE,
})
