import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import { agree, compare, type CompareBinary, type Comparison, shareOf, type Tolerance } from "../arrow/compare.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { type Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { select } from "../dsl/select.ts"
import { Memo, Resume } from "../dsl/Services.ts"
import * as Hash from "../hash/Hash.ts"
import * as compareModels from "../onnx/compare.ts"
import { prepare } from "../plan/Plan.ts"
import { type Resolver, type Unit, writes } from "../plan/Resolver.ts"
import type { Output } from "../store/Action.ts"
import * as scratch from "../store/scratch.ts"
import { Store, type StoreShape } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Checked } from "./Checked.ts"
import type { Engine } from "./Engine.ts"
import * as Executor from "./Executor.ts"
import type { Task } from "./Task.ts"
import * as Work from "./Work.ts"

/** What is computed again, and how near it must come. */
export interface CheckOptions {
  /** Patterns of nodes; all targets where there are none. */
  readonly patterns: ReadonlyArray<string>
  /** So many units drawn at random from the nodes and all that they stand on, and not whole nodes. */
  readonly samples: number | undefined
  /** Draws the samples. */
  readonly seed: number
  readonly tolerance: Tolerance
}

/** One unit that is in the store. */
interface Subject {
  readonly node: DagNode
  readonly at: number
  readonly unit: Unit
  readonly outputs: ReadonlyArray<Output>
  readonly of: number
}

const unchecked = (node: DagNode) => {
  const streamed = !writes(node)
  return new PipelineError({
    node: node.name,
    message: streamed
      ? `${node.name} is streamed: nothing of it is written that could be compared`
      : `${node.name} is not fresh: there is nothing that it should be equal to`,
    hint: streamed ? "check a node that stands on it" : `pipeline run '${node.name}', then check`,
  })
}

const subjectsOf = (resolver: Resolver, index: number): ReadonlyArray<Subject> => {
  const node = resolver.dag.nodes[index]
  const units = resolver.units(index) ?? []
  if (node === undefined) return []
  return units.flatMap((unit, at) =>
    unit.outputs === undefined ? [] : [{ node, at, unit, outputs: unit.outputs, of: units.length }],
  )
}

/** The units to check: all of the chosen nodes, or some drawn from them and what they stand on. */
const subjects = Effect.fnUntraced(function* (
  resolver: Resolver,
  { patterns, samples, seed }: CheckOptions,
): Effect.fn.Return<ReadonlyArray<Subject>, PipelineError> {
  const { dag } = resolver
  if (samples === undefined) {
    const named = (yield* Effect.forEach(patterns, (pattern) => select(dag, pattern))).flat()
    const nodes = named.length === 0 ? Object.values(dag.targets) : [...new Set(named)]
    const found = nodes.map((index) => [index, subjectsOf(resolver, index)] as const)
    for (const [index, units] of found) {
      const node = dag.nodes[index]
      const complete = units.length > 0 && units.length === resolver.units(index)?.length
      if (node !== undefined && !complete) return yield* unchecked(node)
    }
    return found.flatMap(([, units]) => units)
  }
  const all = resolver.selected.flatMap((index) => subjectsOf(resolver, index))
  if (all.length === 0) {
    return yield* new PipelineError({
      message: "nothing of this is in the store yet",
      hint: "pipeline run, then check",
    })
  }
  const drawn = all.map((subject) => ({ subject, by: Hash.ofText(`${seed} ${subject.node.name} ${subject.at}`) }))
  return drawn
    .sort((a, b) => (a.by < b.by ? -1 : 1))
    .slice(0, samples)
    .map(({ subject }) => subject)
    .sort((a, b) => a.node.index - b.node.index || a.at - b.at)
})

const taskOf = (work: Work.Work, { at, node }: Subject): Task => {
  if (node.stage.kind === "whole") return { kind: "whole", node: node.index, feeding: [] }
  // Found anew from what it stands on, though it is there.
  const { base, nodes } = work.chain(node.index, at)
  return { kind: "shards", shard: at, base, nodes, sinks: [node.index] }
}

const hashes = (outputs: ReadonlyArray<Output>, part: "table" | "aside" | "skipped") =>
  outputs.map((output) => output[part]?.hash ?? "").join()

const allRows = (store: StoreShape, table: Table, outputs: ReadonlyArray<Output>) =>
  Stream.runCollect(Stream.flatMap(Stream.fromIterable(outputs), (output) => store.read(table, output))).pipe(
    Effect.map((batches): BatchOf<Table> =>
      batches.length === 0 ? Batch.fromRows(table, []) : Batch.concat(table, batches),
    ),
  )

/** Compares bytes columns as ONNX models, prepared row by row as that is done out of line. */
const modelsOf = Effect.fnUntraced(function* (table: Table, before: BatchOf<Table>, after: BatchOf<Table>) {
  const found = new Map<Uint8Array, (each: (a: number, b: number) => void) => void>()
  for (const [column, kind] of Object.entries(table.columns)) {
    const [a, b] = [before[column], after[column]]
    if (kind !== "binary" || !Array.isArray(a) || !Array.isArray(b)) continue
    for (const [at, bytes] of a.entries()) {
      const other: unknown = b[at]
      if (!(bytes instanceof Uint8Array) || !(other instanceof Uint8Array)) continue
      const walk = yield* Effect.promise(() => compareModels.weights(bytes, other))
      if (walk !== undefined) found.set(bytes, walk)
    }
  }
  return found
})

const compared = Effect.fnUntraced(function* (
  table: Table,
  before: BatchOf<Table>,
  after: BatchOf<Table>,
  tolerance: Tolerance,
) {
  const content = Batch.only(table, (column) => !table.aside.includes(column))
  const models = yield* modelsOf(content, before, after)
  const binary: CompareBinary = (a, _, by) => {
    const walk = models.get(a)
    if (walk === undefined) return undefined
    const worst = { largest: 0, share: 0 }
    walk((one, other) => {
      worst.largest = Math.max(worst.largest, Math.abs(one - other))
      worst.share = Math.max(worst.share, shareOf(one, other, by))
    })
    return worst
  }
  return compare(content, before, after, tolerance, { binary })
})

const nothing: Comparison = {
  rows: 0,
  differing: 0,
  differences: [],
  largest: 0,
  share: 0,
  missing: [],
  added: [],
  reordered: false,
}

/** What is told of a difference: only what can be written as JSON. */
const told = (value: string | number) => (typeof value === "string" || Number.isFinite(value) ? value : String(value))

/**
 * Computes units again beside the store, from the inputs that it has, and
 * compares: bytes first, then values. Nothing in the store is replaced; what is
 * computed is thrown away. Neither saved states of fits nor remembered hashes
 * of files are used.
 *
 * Errors: nodes that are streamed or not fresh. A unit that cannot be computed
 * again is a verdict.
 */
export const check = (
  pipeline: Pipeline,
  options: CheckOptions,
): Stream.Stream<Checked, PipelineError | StoreError, Engine> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const store = yield* Store
      // With samples the patterns choose what is drawn from.
      const targets = options.samples === undefined ? [] : options.patterns
      const resolver = yield* prepare(pipeline, { targets })
      const chosen = yield* subjects(resolver, options)
      const apart = yield* scratch.make(store.root)
      const forgetful = { load: () => Effect.undefined, save: () => Effect.void }
      const beside: StoreShape = { ...store, writer: apart.writer, record: () => Effect.void, memo: forgetful }
      const again = Effect.gen(function* () {
        const work = yield* Work.make(resolver)
        return { work, execute: yield* Executor.make(resolver, work, () => Effect.void) }
      })
      const { execute, work } = yield* again.pipe(
        Effect.provideService(Store, beside),
        Effect.provideService(Memo, forgetful),
        Effect.provideService(Resume, forgetful),
      )

      const one = Effect.fnUntraced(function* (subject: Subject): Effect.fn.Return<Checked, StoreError> {
        const { at, node, of, outputs } = subject
        const started = yield* Clock.currentTimeMillis
        const [outcome] = yield* execute(taskOf(work, subject))
        const table = node.stage.output
        const rows = outputs.reduce((sum, output) => sum + output.table.rows, 0)
        const about = { node: node.name, stage: node.stage.name, shard: at, shards: of, rows }
        const result = outcome?.result
        const seconds = ((yield* Clock.currentTimeMillis) - started) / 1000
        if (result === undefined || Result.isFailure(result)) {
          const message = result === undefined ? "nothing came of it" : result.failure.error.message
          return { ...about, ...plain(nothing), verdict: "failed", skipped: false, aside: false, message, seconds }
        }
        const made = result.success.outputs
        const aside = hashes(outputs, "aside") !== hashes(made, "aside")
        const skipped = hashes(outputs, "skipped") !== hashes(made, "skipped")
        if (hashes(outputs, "table") === hashes(made, "table")) {
          return {
            ...about,
            ...plain({ ...nothing, rows }),
            verdict: skipped ? "different" : "equal",
            skipped,
            aside,
            seconds,
          }
        }
        const found = yield* compared(
          table,
          yield* allRows(store, table, outputs),
          yield* allRows(apart, table, made),
          options.tolerance,
        )
        const verdict = agree(found) && !skipped ? "close" : "different"
        return { ...about, ...plain(found), verdict, skipped, aside, seconds }
      })
      return Stream.mapEffect(Stream.fromIterable(chosen), one)
    }),
  ).pipe(Stream.scoped)

const plain = ({ added, differences, differing, largest, missing, reordered }: Comparison) => ({
  differing,
  largest: Number.isFinite(largest) ? largest : Number.MAX_VALUE,
  differences: differences.map(({ after, at, before, column, row }) => ({
    row,
    column,
    ...(at === undefined ? {} : { at }),
    before: told(before),
    after: told(after),
  })),
  missing,
  added,
  reordered,
})
