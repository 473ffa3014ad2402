import type { Event, PlannedStage } from "../run/Event.ts"
import { clock, count, duration, rate } from "./format.ts"

/** What a stage counts by itself, and how it says that it goes. */
interface Own {
  readonly done: number
  readonly total: number
  readonly unit: string
  readonly note: string | undefined
}

/** A node at work. `total` and `cached` count its shards, `done` those of this run that are complete. */
interface Running {
  readonly total: number
  readonly cached: number
  readonly done: number
  /** The same as a fraction that counts shards begun, too. */
  readonly part: number
  readonly rows: number
  /** What the stage itself counts (epochs, say), as far as it has said. */
  readonly own: Own | undefined
}

/** How far a stage has come, all of its nodes together. Times are milliseconds. */
export interface StageProgress {
  readonly stage: string
  /** As planned; 0 where no plan was told. */
  readonly planned: { readonly nodes: number; readonly shards: number; readonly rowWise: boolean }
  readonly nodes: { readonly done: number; readonly failed: number; readonly blocked: number }
  /** Shards of the nodes that are done or failed. */
  readonly shards: { readonly total: number; readonly executed: number; readonly cached: number }
  readonly rows: number
  readonly running: ReadonlyMap<string, Running>
  /** How long at least one of its nodes has been at work, up to `since`, when the present spell began. */
  readonly busy: number
  readonly since: number | undefined
}

/** All stages in the order in which they were first heard of. */
export interface Progress {
  readonly stages: ReadonlyArray<StageProgress>
  readonly over: boolean
}

/** Before anything has happened. */
export const none: Progress = { stages: [], over: false }

const fresh = (stage: string, planned?: PlannedStage): StageProgress => ({
  stage,
  planned: { nodes: planned?.nodes ?? 0, shards: planned?.shards ?? 0, rowWise: planned?.rowWise ?? false },
  nodes: { done: 0, failed: 0, blocked: 0 },
  shards: { total: 0, executed: 0, cached: 0 },
  rows: 0,
  running: new Map(),
  busy: 0,
  since: undefined,
})

const started = (self: StageProgress, node: string, running: Running, now: number): StageProgress => ({
  ...self,
  running: new Map(self.running).set(node, running),
  since: self.since ?? now,
})

const stopped = (self: StageProgress, node: string, now: number): StageProgress => {
  const running = new Map(self.running)
  running.delete(node)
  return running.size > 0 || self.since === undefined
    ? { ...self, running }
    : { ...self, running, busy: self.busy + now - self.since, since: undefined }
}

const update = (self: StageProgress, event: Event, now: number): StageProgress => {
  switch (event.event) {
    case "started": {
      const { executed, cached } = event.shards
      return started(
        self,
        event.node,
        { total: executed + cached, cached, done: 0, part: 0, rows: 0, own: undefined },
        now,
      )
    }
    case "progress": {
      const running = self.running.get(event.node)
      if (running === undefined) return self
      const { done, note, total, unit } = event
      const due = running.total - running.cached
      const part = Math.min(due, total > 0 ? (done / total) * running.total : 0)
      const shards = { done: event.shards ?? Math.floor(part), part: Math.max(part, event.shards ?? 0) }
      const next =
        unit === "rows"
          ? { ...running, ...shards, rows: done }
          : { ...running, ...shards, own: { done, total, unit, note } }
      return { ...self, running: new Map(self.running).set(event.node, next) }
    }
    case "finished": {
      const rows = self.running.get(event.node)?.rows ?? 0
      const { executed, cached } = event.shards
      const { nodes, shards } = self
      return {
        ...stopped(self, event.node, now),
        nodes: { ...nodes, done: nodes.done + 1 },
        shards: {
          total: shards.total + executed + cached,
          executed: shards.executed + executed,
          cached: shards.cached + cached,
        },
        rows: self.rows + rows,
      }
    }
    case "cached": {
      const { nodes, shards } = self
      return {
        ...self,
        nodes: { ...nodes, done: nodes.done + 1 },
        shards: { ...shards, total: shards.total + event.shards, cached: shards.cached + event.shards },
      }
    }
    case "failed": {
      const running = self.running.get(event.node)
      const { nodes, shards } = self
      return {
        ...stopped(self, event.node, now),
        nodes: { ...nodes, failed: nodes.failed + 1 },
        shards: {
          total: shards.total + (running?.total ?? 0),
          executed: shards.executed + (running?.done ?? 0),
          cached: shards.cached + (running?.cached ?? 0),
        },
        rows: self.rows + (running?.rows ?? 0),
      }
    }
    case "blocked":
      return { ...self, nodes: { ...self.nodes, blocked: self.nodes.blocked + 1 } }
    default:
      return self
  }
}

/** What is known after one more event, which came at `now`. */
export const after = (self: Progress, event: Event, now: number): Progress => {
  switch (event.event) {
    case "planned":
      return { ...self, stages: (event.stages ?? []).map((planned) => fresh(planned.stage, planned)) }
    case "summary":
      return { ...self, over: true }
    case "warned":
      return self
    default: {
      const known = self.stages.some(({ stage }) => stage === event.stage)
      const stages = known ? self.stages : [...self.stages, fresh(event.stage)]
      return {
        ...self,
        stages: stages.map((stage) => (stage.stage === event.stage ? update(stage, event, now) : stage)),
      }
    }
  }
}

/** What a stage's line says. */
export interface StageLine {
  readonly stage: string
  readonly phase: "ahead" | "running" | "done" | "failed"
  /** Words one after another, each at a place of its own: `38/96 shards`, `cached 12`, …; empty where there is none. */
  readonly words: ReadonlyArray<string>
}

const sum = <A>(all: Iterable<A>, of: (one: A) => number): number => {
  let total = 0
  for (const one of all) total += of(one)
  return total
}

const ownUnits = (running: ReadonlyArray<Running>): string => {
  const own = running.flatMap((node) => node.own ?? [])
  const unit = own[0]?.unit
  if (unit === undefined) return ""
  const same = own.filter((one) => one.unit === unit)
  return `${unit} ${count(sum(same, (one) => one.done))}/${count(sum(same, (one) => one.total))}`
}

/** How it goes where one node says so: of several it would not be known whose words these are. */
const noteOf = (running: ReadonlyArray<Running>): string => {
  const notes = running.flatMap((node) => node.own?.note ?? [])
  return notes.length === 1 ? (notes[0] ?? "") : ""
}

/** A stage's line as of `now`. */
export const lineOf = (self: StageProgress, now: number): StageLine => {
  const running = [...self.running.values()]
  const seen = self.nodes.done + self.nodes.failed + running.length
  const nodes = Math.max(self.planned.nodes, seen + self.nodes.blocked)
  const total = Math.max(self.planned.shards, self.shards.total + sum(running, (node) => node.total))
  const cached = self.shards.cached + sum(running, (node) => node.cached)
  const executed = self.shards.executed + sum(running, (node) => node.done)
  const seconds = (self.busy + (self.since === undefined ? 0 : now - self.since)) / 1000
  const rows = self.rows + sum(running, (node) => node.rows)
  const complete = self.nodes.done >= nodes
  const over = running.length === 0 && self.nodes.done + self.nodes.failed + self.nodes.blocked >= nodes
  const shardwise = self.planned.rowWise || total > nodes || rows > 0
  const progressed = self.shards.executed + sum(running, (node) => node.part)
  const left = total - cached - progressed
  return {
    stage: self.stage,
    phase: over ? (complete ? "done" : "failed") : seen > 0 ? "running" : "ahead",
    words: [
      shardwise
        ? `${count(executed + cached)}/${count(total)} shards`
        : `${count(self.nodes.done)}/${count(nodes)} nodes`,
      cached > 0 ? `cached ${count(cached)}` : "",
      rows > 0 && seconds > 0 ? `${rate(rows / seconds)} img/s` : "",
      over || progressed <= 0 || left <= 0 || seconds <= 0 ? "" : `eta ${clock((left * seconds) / progressed)}`,
      over && executed > 0 ? `in ${duration(seconds)}` : "",
      ownUnits(running),
      noteOf(running),
      self.nodes.failed > 0 ? `${self.nodes.failed} failed` : "",
      self.nodes.blocked > 0 ? `${self.nodes.blocked} blocked` : "",
    ],
  }
}

/** A stage's line as text: `extract  38/96 shards  cached 12  1,240 img/s  eta 0:21`. */
export const text = (line: StageLine): string => [line.stage, ...line.words.filter((word) => word !== "")].join("  ")
