import { statfs } from "node:fs/promises"
import { dirname } from "node:path"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { Warning } from "../dsl/Services.ts"
import { Device } from "../onnx/Device.ts"
import * as Listing from "../plan/Listing.ts"
import { prepare, states } from "../plan/Plan.ts"
import type { Plan } from "../plan/State.ts"
import { type Resolver, writes } from "../plan/Resolver.ts"
import { Damage } from "../store/Damage.ts"
import type { RunRecord } from "../store/RunRecord.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Engine } from "./Engine.ts"
import type { Event, PlannedStage } from "./Event.ts"
import * as Executor from "./Executor.ts"
import * as Scheduler from "./Scheduler.ts"
import { Tally } from "./Tally.ts"
import * as Tasks from "./Tasks.ts"
import * as Work from "./Work.ts"

/** What a run is asked to do. */
export interface RunOptions {
  /** Patterns of nodes; all targets where there are none. */
  readonly targets: ReadonlyArray<string>
  /** Patterns of nodes to compute again, fresh or not. */
  readonly force: ReadonlyArray<string>
  /** Goes on after a failure with what does not stand on it. */
  readonly keepGoing: boolean
  /** Tasks at once. */
  readonly jobs: number
  /** Bytes of preprocessed pixels to keep on disk; the smaller of 20 GB and a fifth of the free disk where undefined. */
  readonly pixelBudget: number | undefined
}

const largestBudget = 20e9

/** Free bytes on the disk of a folder that may not be there yet. */
const freeSpace = (folder: string): Effect.Effect<number> =>
  Effect.tryPromise(() => statfs(folder)).pipe(
    Effect.map(({ bavail, bsize }) => bavail * bsize),
    Effect.catch(() => (dirname(folder) === folder ? Effect.succeed(0) : freeSpace(dirname(folder)))),
  )

/** Bytes that may still be written: the budget less what this pipeline's pixels take already. */
const budgetLeft = Effect.fnUntraced(function* (resolver: Resolver, root: string, wanted: number | undefined) {
  const used = resolver.selected
    .flatMap((index) => {
      const node = resolver.dag.nodes[index]
      return node === undefined || node.persist === "always" || !writes(node) ? [] : (resolver.shards(index) ?? [])
    })
    .reduce((sum, { output }) => sum + (output?.table.bytes ?? 0), 0)
  // What pixels take by now was free before.
  return (wanted ?? Math.min(largestBudget, ((yield* freeSpace(root)) + used) / 5)) - used
})

const stagesOf = (plan: Plan, resolver: Resolver): ReadonlyArray<PlannedStage> => {
  const kinds = new Map(resolver.dag.nodes.map(({ stage }) => [stage.name, stage.kind]))
  const due = plan.nodes.filter((node) => node.state._tag !== "streamed")
  return [...Map.groupBy(due, (node) => node.stage)].map(([stage, nodes]) => ({
    stage,
    nodes: nodes.length,
    fresh: nodes.filter((node) => node.state._tag === "fresh").length,
    shards: nodes.reduce((sum, node) => sum + (node.shards?.total ?? 1), 0),
    rowWise: kinds.get(stage) !== "whole",
  }))
}

/** What the keys of a node are made of, where nothing of it is written that would tell. */
const unwritten = (resolver: Resolver, index: number) => {
  const parts = resolver.parts(index)
  const written = resolver.units(index)?.some(({ outputs }) => outputs !== undefined) ?? false
  return parts === undefined || written ? {} : { parts: { ...parts, inputs: {} } }
}

/** The code of a node's stage, where its fingerprint is taken from it. */
const codeOf = (resolver: Resolver, index: number) => {
  const [stage, parts] = [resolver.dag.nodes[index]?.stage, resolver.parts(index)]
  return stage === undefined || parts === undefined || stage.version !== undefined
    ? []
    : [{ url: stage.module.url, code: parts.code }]
}

const drive = Effect.fnUntraced(function* (
  pipeline: Pipeline,
  options: RunOptions,
  emit: (event: Event) => Effect.Effect<void>,
  known: Deferred.Deferred<Resolver> | undefined,
): Effect.fn.Return<void, PipelineError | StoreError, Engine | Scope.Scope> {
  const store = yield* Store
  const provider = yield* Device
  const device = provider === "cpu" ? {} : { device: provider }
  const started = yield* Clock.currentTimeMillis
  const resolver = yield* prepare(pipeline, { targets: options.targets, force: options.force })
  if (known !== undefined) yield* Deferred.succeed(known, resolver)
  const plan = yield* states(resolver)
  const count = (...tags: ReadonlyArray<string>) => plan.nodes.filter((node) => tags.includes(node.state._tag)).length
  yield* emit({
    event: "planned",
    nodes: plan.nodes.length,
    fresh: count("fresh", "streamed"),
    stale: count("stale", "failed"),
    waiting: count("waiting"),
    stages: stagesOf(plan, resolver),
  })
  const tally = new Tally()
  const nameOf = (index: number) => resolver.dag.nodes[index]?.name ?? ""
  const stageOf = (index: number) => resolver.dag.nodes[index]?.stage.name ?? ""
  const rowsDone = new Map<number, number>()
  const onProgress: Executor.OnProgress = (index, done, total, unit, note) => {
    const [node, stage] = [nameOf(index), stageOf(index)]
    if (unit !== "rows") {
      const said = note === undefined ? {} : { note }
      return emit({ event: "progress", node, stage, done, total: total ?? done, unit, ...said })
    }
    const sum = (rowsDone.get(index) ?? 0) + done
    rowsDone.set(index, sum)
    const units = resolver.units(index) ?? []
    const all = units.reduce((rows, unit) => rows + (unit.rows ?? 0), 0)
    return emit({ event: "progress", node, stage, done: sum, total: all, unit, shards: tally.of(index).executed })
  }
  const work = yield* Work.make(resolver)
  const execute = yield* Executor.make(resolver, work, onProgress)
  const budget: Tasks.Budget = { left: yield* budgetLeft(resolver, store.root, options.pixelBudget) }
  const tasks = Tasks.make(resolver, work, budget)
  const save = Effect.gen(function* () {
    const finished = yield* Clock.currentTimeMillis
    const nodes = resolver.selected.map((index) => {
      const { message, seconds, standing } = tally.of(index)
      const keys = (resolver.units(index) ?? []).map((unit) => unit.key)
      return [
        nameOf(index),
        {
          stage: stageOf(index),
          state: standing,
          keys,
          seconds,
          ...(message === undefined ? {} : { message }),
          ...unwritten(resolver, index),
        },
      ] as const
    })
    const summary = tally.summary(resolver.selected, (finished - started) / 1000)
    const record: RunRecord = {
      pipeline: pipeline.name,
      started: new Date(started).toISOString(),
      finished: new Date(finished).toISOString(),
      ...device,
      nodes: Object.fromEntries(nodes),
      summary,
    }
    // What was computed is in the store already: a cache that cannot be written is no reason to fail now.
    yield* store
      .saveRun(record)
      .pipe(
        Effect.catch(({ file, hint, message }) =>
          emit({ event: "warned", message: `the run is not recorded: ${message} (${hint})`, file }),
        ),
      )
    return summary
  })
  // A run that is interrupted is remembered too: what it did is in the store.
  yield* Scheduler.run(resolver, tasks, execute, budget, options, tally, emit).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => Effect.ignore(save)),
  )
  const ran = resolver.selected.filter((index) => tally.of(index).standing === "executed")
  yield* Listing.keep(ran.flatMap((index) => codeOf(resolver, index)))
  yield* emit({ event: "summary", ...(yield* save), ...device })
})

/**
 * Carries a pipeline out. Nodes that fail are events; the stream itself fails
 * only where the pipeline or the store is wrong. The last event is the summary.
 * `known` is given what is known of the nodes, which grows as they are computed.
 */
export const run = (
  pipeline: Pipeline,
  options: RunOptions,
  known?: Deferred.Deferred<Resolver>,
): Stream.Stream<Event, PipelineError | StoreError, Engine> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<Event, PipelineError | StoreError | Cause.Done>()
      const emit = (event: Event) => Effect.asVoid(Queue.offer(queue, event))
      const body = drive(pipeline, options, emit, known).pipe(
        Effect.scoped,
        Effect.provideService(Warning, { say: (message) => emit({ event: "warned", message }) }),
        Effect.provideService(Damage, {
          report: ({ file, movedTo, reason }) =>
            emit({ event: "warned", message: `set aside ${file}: ${reason} (now ${movedTo})`, file }),
        }),
        Effect.matchCauseEffect({
          onFailure: (cause) => Queue.failCause(queue, cause),
          onSuccess: () => Queue.end(queue),
        }),
      )
      yield* Effect.forkScoped(body)
      return Stream.fromQueue(queue)
    }),
  ).pipe(Stream.scoped)
