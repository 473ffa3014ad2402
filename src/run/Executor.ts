import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cause from "effect/Cause"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { guarded } from "../dsl/guarded.ts"
import { Progress, Resume, type StageServices } from "../dsl/Services.ts"
import { StageError } from "../dsl/StageError.ts"
import * as Device from "../onnx/Device.ts"
import { overOf, type Resolver, type Unit } from "../plan/Resolver.ts"
import type { Output } from "../store/Action.ts"
import { Store } from "../store/Store.ts"
import { failure, lost, NodeFailure } from "./Failure.ts"
import { cut, type Opened, through } from "./Flow.ts"
import { Host } from "./Host.ts"
import { Rule } from "./Shards.ts"
import { type Skip, Skipped } from "./Skipped.ts"
import { type ShardTask, sinksOf, type Task } from "./Task.ts"
import { unchanged } from "./outside.ts"
import { resume } from "./resume.ts"
import { stageContext, type Work } from "./Work.ts"
import { writeTable } from "./writeTable.ts"

/** A unit's outputs, in the store and recorded. */
export interface Computed {
  readonly outputs: ReadonlyArray<Output>
  readonly seconds: number
  readonly skippedRows: number
}

/** What became of one unit of a node. */
export interface Outcome {
  readonly node: number
  readonly unit: number
  /** The key that it had when the work began. */
  readonly key: string
  readonly result: Result.Result<Computed, NodeFailure>
}

/** Hears how far a node has come. */
export type OnProgress = (
  node: number,
  done: number,
  total: number | undefined,
  unit: string,
  note?: string,
) => Effect.Effect<void>

/** Carries a task out. Its outcomes are recorded in the store before it ends; it neither fails nor dies. */
export type Executor = (task: Task) => Effect.Effect<ReadonlyArray<Outcome>>

type Results = ReadonlyMap<number, Result.Result<Computed, NodeFailure>>

const broken = (node: number, cause: Cause.Cause<NodeFailure>): NodeFailure => {
  const error = Cause.squash(cause)
  if (error instanceof NodeFailure) return error
  const message = `the task broke: ${error instanceof Error ? error.message : String(error)}`
  return failure(node)(new StageError({ message, hint: "this is a fault in the engine", cause: error }))
}

/** An executor of the tasks of one run. */
export const make = Effect.fnUntraced(function* (
  resolver: Resolver,
  work: Work,
  onProgress: OnProgress,
): Effect.fn.Return<Executor, never, Store | Exclude<StageServices, Scope.Scope>> {
  const store = yield* Store
  const host = yield* Host
  const rule = yield* Rule
  const context = yield* stageContext
  const nodeAt = (index: number): DagNode | undefined => resolver.dag.nodes[index]

  const record = Effect.fnUntraced(function* (
    node: DagNode,
    shard: number,
    unit: Unit,
    outputs: ReadonlyArray<Output>,
    started: number,
  ) {
    const parts = resolver.parts(node.index)
    const now = yield* Clock.currentTimeMillis
    const seconds = (now - started) / 1000
    if (parts !== undefined) {
      yield* store.record({
        key: unit.key,
        node: node.name,
        shard: node.stage.kind === "whole" ? -1 : shard,
        parts: { ...parts, inputs: unit.inputs },
        outputs,
        seconds,
        finished: new Date(now).toISOString(),
        host,
      })
    }
    return { outputs, seconds, skippedRows: outputs.reduce((sum, { skipped }) => sum + (skipped?.rows ?? 0), 0) }
  })

  const whole = Effect.fnUntraced(function* (
    index: number,
    unit: Unit,
  ): Effect.fn.Return<Results, NodeFailure, Scope.Scope> {
    const node = nodeAt(index)
    if (node === undefined || node.stage.kind !== "whole") return new Map()
    const { stage } = node
    const started = yield* Clock.currentTimeMillis
    const parts = resolver.parts(index)
    const kept = parts === undefined ? yield* Resume : resume(store.memo, parts, unit)
    const computed = yield* Effect.gen(function* () {
      const result = yield* guarded(stage.run(yield* work.readers(node), node.params))
      const batches = Stream.isStream(result) ? result : Stream.succeed(result)
      return yield* guarded(writeTable(store, rule, stage.output, batches))
    }).pipe(
      // A file that is replaced meanwhile may look broken: that is what is said then, and not how it looked.
      Effect.catchTag("StageError", (error) => Effect.andThen(unchanged(node, parts?.stamp), Effect.fail(error))),
      Effect.tap(unchanged(node, parts?.stamp)),
      Effect.flatMap((outputs) => record(node, 0, unit, outputs, started)),
      // Before the context, in which the silent one is.
      Effect.provideService(Progress, {
        report: (done, total, unit, note) => onProgress(index, done, total, unit, note),
      }),
      Effect.provideService(Resume, kept),
      Effect.provideService(Device.Device, Device.named(parts?.environment)),
      Effect.provideContext(context),
      Effect.mapError(failure(index)),
    )
    return new Map([[index, Result.succeed(computed)]])
  })

  /** Opens nodes one by one; those that stand on one that fails fail with it. */
  const openAll = Effect.fnUntraced(function* (nodes: ReadonlyArray<number>, failures: Map<number, NodeFailure>) {
    const opened: Array<Opened> = []
    for (const index of nodes) {
      const node = nodeAt(index)
      const above = node === undefined ? undefined : failures.get(overOf(node) ?? -1)
      const result = above === undefined ? yield* Effect.result(work.open(index)) : Result.fail(above)
      if (Result.isSuccess(result)) opened.push(result.success)
      else failures.set(index, result.failure)
    }
    return opened
  })

  const inherited = Effect.fnUntraced(function* ({ skipped }: Output) {
    if (skipped === undefined) return []
    const batches = yield* Stream.runCollect(store.read(Skipped, { table: skipped }))
    return batches.flatMap((batch) => Array.from(batch.id, (_, i) => Batch.row(Skipped, batch, i)))
  })

  const writeSkipped = Effect.fnUntraced(function* (skips: ReadonlyArray<Skip>) {
    if (skips.length === 0) return {}
    const writer = yield* store.writer(Skipped)
    yield* writer.append(Batch.fromRows(Skipped, skips))
    return { skipped: (yield* writer.finish).table }
  })

  /** The nodes between the base and one that stands on it, that one included. */
  const pathTo = (index: number, base: number): ReadonlyArray<number> => {
    const node = nodeAt(index)
    const over = node === undefined ? undefined : overOf(node)
    return over === undefined || over === base ? [index] : [...pathTo(over, base), index]
  }

  const shards = Effect.fnUntraced(function* (
    { base, nodes, shard, sinks }: ShardTask,
    units: ReadonlyMap<number, Unit>,
  ): Effect.fn.Return<Results, NodeFailure, Scope.Scope> {
    const started = yield* Clock.currentTimeMillis
    const table = nodeAt(base)?.stage.output
    const from = resolver.shards(base)?.[shard]
    if (table === undefined || from?.output === undefined) return yield* lost(base, store.root)
    const failures = new Map<number, NodeFailure>()
    const opened = yield* openAll(nodes, failures)
    const left = yield* Effect.mapError(inherited(from.output), failure(base))
    const writing = yield* Effect.forEach(
      sinks.flatMap((index) => (failures.has(index) ? [] : (nodeAt(index) ?? []))),
      Effect.fnUntraced(function* (node) {
        const writer = yield* Effect.mapError(store.writer(node.stage.output), failure(node.index))
        return { node, writer }
      }),
    )
    // Node by node, so that it makes no difference which of them were written on the way.
    const leftBy = new Map<number, Array<Skip>>(nodes.map((index) => [index, []]))
    const alive = () => writing.filter(({ node }) => !failures.has(node.index))
    const rows = Stream.mapError(store.read(table, from.output), failure(base))
    yield* cut(table, rows).pipe(
      // Where nothing is left to compute for, the rest of the shard need not be decoded.
      Stream.takeWhile(() => alive().length > 0),
      Stream.mapEffect(through(opened, { index: base, table }, new Set(sinks)), { concurrency: 2 }),
      Stream.provideContext(context),
      Stream.runForEach(
        Effect.fnUntraced(function* ({ rows, skipped, values }) {
          for (const { node, skip } of skipped) leftBy.get(node)?.push(skip)
          for (const { node, writer } of alive()) {
            const value = values.get(node.index)
            if (value === undefined) continue
            const append = Effect.flatMap(Effect.fromResult(value), (batch) =>
              Effect.mapError(writer.append(batch), failure(node.index)),
            )
            const written = yield* Effect.result(append)
            if (Result.isFailure(written)) failures.set(node.index, written.failure)
          }
          for (const index of nodes) if (!failures.has(index)) yield* onProgress(index, rows, from.rows, "rows")
        }),
      ),
    )
    const results = new Map<number, Result.Result<Computed, NodeFailure>>()
    for (const [index, error] of failures) if (sinks.includes(index)) results.set(index, Result.fail(error))
    for (const { node, writer } of alive()) {
      const unit = units.get(node.index)
      if (unit === undefined) continue
      const skips = [...left, ...pathTo(node.index, base).flatMap((index) => leftBy.get(index) ?? [])]
      const finish = Effect.gen(function* () {
        const output = { ...(yield* writer.finish), ...(yield* writeSkipped(skips)) }
        return yield* record(node, shard, unit, [output], started)
      })
      results.set(node.index, yield* Effect.result(Effect.mapError(finish, failure(node.index))))
    }
    return results
  })

  return Effect.fnUntraced(function* (task) {
    const { sinks, unit: at } = sinksOf(task)
    const units = new Map(
      sinks.flatMap((index) => {
        const unit = resolver.units(index)?.[at]
        return unit === undefined ? [] : [[index, unit] as const]
      }),
    )
    const first = units.get(sinks[0] ?? -1)
    const work =
      task.kind === "shards"
        ? shards(task, units)
        : first === undefined
          ? Effect.succeed<Results>(new Map())
          : whole(task.node, first)
    const exit = yield* Effect.exit(Effect.scoped(work))
    return [...units].map(([node, { key }]): Outcome => {
      const result = Exit.isSuccess(exit) ? exit.value.get(node) : Result.fail(broken(node, exit.cause))
      const none = () => failure(node)(new StageError({ message: "nothing came of it" }))
      return { node, unit: at, key, result: result ?? Result.fail(none()) }
    })
  })
})
