import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import { inputsOf } from "../dsl/Dag.ts"
import { StageError } from "../dsl/StageError.ts"
import { known, type Resolver } from "../plan/Resolver.ts"
import * as Staleness from "../plan/Staleness.ts"
import type { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Event } from "./Event.ts"
import type { Executor, Outcome } from "./Executor.ts"
import { failure, lossOf, type NodeFailure } from "./Failure.ts"
import { Tally } from "./Tally.ts"
import type { Task } from "./Task.ts"
import type { Budget, Tasks } from "./Tasks.ts"

/** What a run needs to know beside its pipeline. */
export interface Options {
  readonly keepGoing: boolean
  readonly jobs: number
}

/** How often a unit may meet the same lost artifact before it counts as failed. */
const patience = 3

const neverDone = new StageError({ message: "its turn never came", hint: "this is a fault in the engine" })

/**
 * Carries a plan out: starts tasks as their inputs come to be, at most `jobs`
 * at once, and says all that happens. Ends when nothing is left that can be done.
 */
export const run = Effect.fnUntraced(function* (
  resolver: Resolver,
  tasks: Tasks,
  execute: Executor,
  budget: Budget,
  options: Options,
  tally: Tally,
  emit: (event: Event) => Effect.Effect<void>,
): Effect.fn.Return<void, StoreError, Store | Scope.Scope> {
  const { dag, selected } = resolver
  const history = yield* Effect.cached(Staleness.history(dag.pipeline))
  const fibers = yield* FiberSet.make()
  const ended = yield* Queue.unbounded<{ readonly task: Task; readonly outcomes: ReadonlyArray<Outcome> }>()
  const met = new Map<string, number>()
  let running = 0
  let stopped = false
  const nameOf = (index: number) => dag.nodes[index]?.name ?? ""
  const stageOf = (index: number) => dag.nodes[index]?.stage.name ?? ""
  const about = (index: number) => ({ node: nameOf(index), stage: stageOf(index) })

  const reasonOf = (index: number): Effect.Effect<string, StoreError, Store> => {
    const [at] = resolver.due(index)
    const unit = at === undefined ? undefined : resolver.units(index)?.[at]
    const parts = resolver.parts(index)
    if (at === undefined || unit === undefined || parts === undefined)
      return Effect.succeed("needed by what stands on it")
    return Effect.flatMap(history, (past) => Staleness.reasonOf(past, nameOf(index), at, unit, parts))
  }

  const begin = Effect.fnUntraced(function* (index: number) {
    const entry = tally.of(index)
    if (entry.standing !== "waiting" && entry.standing !== "cached") return
    entry.standing = "running"
    entry.started = yield* Clock.currentTimeMillis
    const units = resolver.units(index) ?? []
    const cached = units.filter((unit) => unit.outputs !== undefined).length
    entry.cached = cached
    const shards = { executed: units.length - cached, cached }
    yield* emit({ event: "started", ...about(index), reason: yield* reasonOf(index), shards })
  })

  const changed = Effect.fnUntraced(function* (index: number) {
    if (!known(dag.nodes[index])) return true
    for (const [i, unit] of (resolver.units(index) ?? []).entries()) {
      const before = unit.former ?? (yield* (yield* history).action(nameOf(index), i))?.outputs
      const same = unit.outputs?.every((output, at) => output.table.hash === before?.[at]?.table.hash)
      if (same !== true || before?.length !== unit.outputs?.length) return true
    }
    return false
  })

  const finish = Effect.fnUntraced(function* (index: number) {
    const entry = tally.of(index)
    entry.standing = "executed"
    entry.seconds = ((yield* Clock.currentTimeMillis) - entry.started) / 1000
    const { bytes, cached, executed, rows, seconds, skippedRows } = entry
    if (skippedRows > 0) yield* emit({ event: "warned", message: `${nameOf(index)}: ${skippedRows} rows skipped` })
    yield* emit({
      event: "finished",
      ...about(index),
      rows,
      bytes,
      skippedRows,
      seconds,
      shards: { executed, cached },
      changed: yield* changed(index),
    })
  })

  /** Takes up nodes that have become known: those complete are done, the rest is queued. */
  const take = Effect.fnUntraced(function* (nodes: ReadonlyArray<number>) {
    tasks.add(nodes)
    for (const index of nodes) {
      const entry = tally.of(index)
      if (!resolver.required(index) || !resolver.complete(index) || entry.standing === "executed") continue
      entry.standing = "cached"
      entry.cached = resolver.units(index)?.length ?? 0
      yield* emit({ event: "cached", ...about(index), shards: entry.cached })
    }
  })

  const fail = Effect.fnUntraced(function* ({ error, node }: NodeFailure) {
    if (!options.keepGoing) stopped = true
    const entry = tally.of(node)
    if (entry.standing === "failed") return
    entry.standing = "failed"
    entry.message = error.message
    const { file, hint, message } = error
    const more = { ...(file === undefined ? {} : { file }), ...(hint === undefined ? {} : { hint }) }
    yield* emit({ event: "failed", ...about(node), message, ...more })
    const stuck = Tally.standingOn(dag, selected, node)
    tasks.drop(stuck)
    for (const index of stuck) {
      const other = tally.of(index)
      if (index === node || other.standing === "blocked" || other.standing === "failed") continue
      if (resolver.required(index) && resolver.complete(index)) continue
      other.standing = "blocked"
      other.message = `${nameOf(node)} failed`
      yield* emit({ event: "blocked", ...about(index), by: nameOf(node) })
    }
  })

  /** What an outcome changes; damage found on the way is mended by computing the artifact again. */
  const settle = Effect.fnUntraced(function* ({ key, node, result, unit }: Outcome) {
    if (Result.isSuccess(result)) {
      tally.computed(node, result.success)
      if (!known(dag.nodes[node])) {
        budget.left -= result.success.outputs.reduce((sum, output) => sum + output.table.bytes, 0)
      }
      for (const [index, at] of resolver.done(key, result.success.outputs)) {
        const twin = index !== node || at !== unit
        if (twin) tasks.settled(index, at)
        if (twin) tally.of(index).cached++
        if (!resolver.required(index) || !resolver.complete(index)) continue
        if (tally.of(index).standing === "running") yield* finish(index)
        else yield* take([index])
        yield* take(yield* resolver.advance([index]))
      }
      return
    }
    const loss = lossOf(result.failure)
    if (loss === undefined) return yield* fail(result.failure)
    const meeting = `${node} ${unit} ${loss.hash}`
    const times = (met.get(meeting) ?? 0) + 1
    met.set(meeting, times)
    if (times > patience) return yield* fail(result.failure)
    tasks.again([...(loss.hash === undefined ? [] : resolver.lost(loss.hash)), [node, unit]])
  })

  const start = Effect.fnUntraced(function* (task: Task) {
    running++
    for (const index of task.kind === "whole" ? [...task.feeding, task.node] : task.nodes) yield* begin(index)
    yield* FiberSet.run(
      fibers,
      Effect.flatMap(execute(task), (outcomes) => Queue.offer(ended, { task, outcomes })),
    )
  })

  const countStreamed = (task: Task) => {
    if (task.kind === "whole") {
      for (const index of new Set(task.feeding)) {
        tally.of(index).executed += (resolver.units(index) ?? []).filter((unit) => unit.outputs === undefined).length
      }
      return
    }
    for (const index of task.nodes) if (!task.sinks.includes(index)) tally.of(index).executed++
  }

  const dependents = Map.groupBy(
    selected.flatMap((index) => {
      const node = dag.nodes[index]
      return node === undefined ? [] : inputsOf(node).map((input) => ({ input, index }))
    }),
    ({ input }) => input,
  )
  /** Whether nothing will ask a node for more: all that stands on it is done with. */
  const spent = (index: number): boolean =>
    (dependents.get(index) ?? []).every(({ index: above }) => {
      if (!resolver.required(above)) return spent(above)
      const { standing } = tally.of(above)
      return resolver.complete(above) || standing === "failed" || standing === "blocked"
    })
  /** Nodes that are not written have no last shard of their own: they are done when nobody needs them any more. */
  const release = Effect.fnUntraced(function* (nodes: Iterable<number>) {
    for (const index of nodes) {
      if (resolver.required(index) || tally.of(index).standing !== "running" || !spent(index)) continue
      yield* finish(index)
    }
  })

  for (const index of selected) {
    const problem = resolver.problem(index)
    if (problem !== undefined) yield* fail(failure(index)(problem))
  }
  yield* take(selected.filter((index) => resolver.units(index) !== undefined))
  for (;;) {
    while (!stopped && running < options.jobs) {
      const task = tasks.next()
      if (task === undefined) break
      yield* start(task)
    }
    if (running === 0) break
    const { outcomes, task } = yield* Queue.take(ended)
    running--
    tasks.ended(task)
    if (outcomes.some(({ result }) => Result.isSuccess(result))) countStreamed(task)
    for (const outcome of outcomes) yield* settle(outcome)
    yield* release(task.kind === "whole" ? task.feeding : task.nodes)
  }
  for (const index of selected) {
    const entry = tally.of(index)
    if (resolver.required(index)) {
      // Nobody may take a run for done that left something out.
      const left = !stopped && !resolver.complete(index) && entry.standing !== "failed" && entry.standing !== "blocked"
      if (left) yield* fail(failure(index)(neverDone))
      continue
    }
    if (entry.standing === "running") yield* finish(index)
    if (entry.standing === "waiting" && resolver.units(index) !== undefined) {
      entry.standing = "cached"
      entry.cached = resolver.units(index)?.length ?? 0
    }
  }
})
