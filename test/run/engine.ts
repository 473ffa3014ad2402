/** Runs pipelines of toy stages, and says what happened. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Node } from "../../src/dsl/Node.ts"
import type { Pipeline } from "../../src/dsl/Pipeline.ts"
import { Cores, Memo, Progress, Root } from "../../src/dsl/Services.ts"
import { layer as engineLayer } from "../../src/run/Engine.ts"
import type { Event } from "../../src/run/Event.ts"
import { run, type RunOptions } from "../../src/run/Run.ts"
import { Rule } from "../../src/run/Shards.ts"
import * as memoryStore from "./memoryStore.ts"

/** Shards of three rows on average, of two at least. */
export const tiny = { least: 1 }

export const pipeline = (targets: Readonly<Record<string, Node>>): Pipeline => ({
  name: "toy",
  targets,
  directory: tmpdir(),
})

/** The engine over a store in memory, with tiny shards. */
export const inMemory = (held: memoryStore.Contents) =>
  Layer.mergeAll(
    memoryStore.layer(held),
    Layer.effect(
      Cores,
      Effect.map(Semaphore.make(2), (cores) => Cores.of({ total: 2, use: (n) => cores.withPermits(n) })),
    ),
    Layer.succeed(Memo, Memo.of({ load: () => Effect.undefined, save: () => Effect.void })),
    Layer.succeed(Progress, Progress.of({ report: () => Effect.void })),
    Layer.succeed(Root, Root.of({ directory: tmpdir() })),
    Layer.succeed(Rule, tiny),
    NodeFileSystem.layer,
    NodePath.layer,
  )

/** The engine over a store of files, with tiny shards. */
export const onDisk = (cache: string) =>
  engineLayer({ cache, directory: tmpdir() }).pipe(
    Layer.merge(Layer.succeed(Rule, tiny)),
    Layer.provideMerge(Layer.merge(NodeFileSystem.layer, NodePath.layer)),
  )

export const options = (given: Partial<RunOptions> = {}): RunOptions => ({
  targets: [],
  force: [],
  keepGoing: false,
  jobs: 2,
  pixelBudget: 1e9,
  ...given,
})

/** All events of a run. */
export const runAll = (of: Pipeline, given: Partial<RunOptions> = {}) => Stream.runCollect(run(of, options(given)))

type Kind = Event["event"]
export const only = <K extends Kind>(events: ReadonlyArray<Event>, kind: K) =>
  events.filter((event): event is Extract<Event, { readonly event: K }> => event.event === kind)

/** The names of nodes that some events are about, sorted. */
export const nodesOf = (events: ReadonlyArray<Event>, kind: "started" | "finished" | "cached" | "failed" | "blocked") =>
  only(events, kind)
    .map((event) => event.node)
    .sort()

export const summaryOf = (events: ReadonlyArray<Event>) => {
  const last = events.at(-1)
  if (last?.event !== "summary") throw new Error(`the last event is ${last?.event}`)
  return last
}

/** A folder that is there as long as the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "rankshift-test-"))),
  (name) => Effect.sync(() => rmSync(name, { recursive: true, force: true })),
)

let clock = 1_000_000_000
/** Writes lines `id value`. Each file has a time of its own, long ago, so that nothing waits for it to settle. */
export const write = (file: string, rows: Iterable<readonly [id: string, value: number]>) => {
  writeFileSync(file, [...rows].map(([id, value]) => `${id} ${value}\n`).join(""))
  clock += 1
  utimesSync(file, clock, clock)
}
