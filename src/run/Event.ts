import * as Schema from "effect/Schema"

const Shards = Schema.Struct({ executed: Schema.Int, cached: Schema.Int })

/** A stage's part of a plan. `shards` is as many as are known; those of waiting nodes may be guessed. */
export const PlannedStage = Schema.Struct({
  stage: Schema.String,
  nodes: Schema.Int,
  fresh: Schema.Int,
  shards: Schema.Int,
  /** Whether its nodes are cut into shards. */
  rowWise: Schema.Boolean,
})
export type PlannedStage = typeof PlannedStage.Type

/** What the run is about to do. `nodes` counts the plan; `stale` and `waiting` may yet be cut off early. */
export const Planned = Schema.Struct({
  event: Schema.Literal("planned"),
  nodes: Schema.Int,
  fresh: Schema.Int,
  stale: Schema.Int,
  waiting: Schema.Int,
  /** In the order in which they first run. Without it, totals grow as nodes start. */
  stages: Schema.optionalKey(Schema.Array(PlannedStage)),
})

/** A node's first work begins. `shards` is 1 for whole-table stages. */
export const Started = Schema.Struct({
  event: Schema.Literal("started"),
  node: Schema.String,
  stage: Schema.String,
  reason: Schema.String,
  shards: Shards,
})

/** A node has come further: `rows` rows done in all, or `done` of `total` in units of its own. */
export const Progressed = Schema.Struct({
  event: Schema.Literal("progress"),
  node: Schema.String,
  stage: Schema.String,
  done: Schema.Finite,
  total: Schema.Finite,
  unit: Schema.String,
  /** How it goes, in the stage's words. */
  note: Schema.optionalKey(Schema.String),
  /** Shards of this run that are complete so far (row-wise nodes). */
  shards: Schema.optionalKey(Schema.Int),
})

/** A node is complete. `changed` is false where its output equals the former one: what follows stops here. */
export const Finished = Schema.Struct({
  event: Schema.Literal("finished"),
  node: Schema.String,
  stage: Schema.String,
  rows: Schema.Int,
  bytes: Schema.Finite,
  skippedRows: Schema.Int,
  seconds: Schema.Finite,
  shards: Shards,
  changed: Schema.Boolean,
})

/** A node needs no work: everything it would compute is in the store. */
export const Cached = Schema.Struct({
  event: Schema.Literal("cached"),
  node: Schema.String,
  stage: Schema.String,
  shards: Schema.Int,
})

/** A node failed. */
export const Failed = Schema.Struct({
  event: Schema.Literal("failed"),
  node: Schema.String,
  stage: Schema.String,
  message: Schema.String,
  file: Schema.optionalKey(Schema.String),
  hint: Schema.optionalKey(Schema.String),
})

/** A node is not run because one that it stands on failed. */
export const Blocked = Schema.Struct({
  event: Schema.Literal("blocked"),
  node: Schema.String,
  stage: Schema.String,
  by: Schema.String,
})

/** Something was mended on the way: a damaged file set aside, rows skipped. */
export const Warned = Schema.Struct({
  event: Schema.Literal("warned"),
  message: Schema.String,
  file: Schema.optionalKey(Schema.String),
})

/** The end of every run. `executed` and `cached` count nodes. */
export const Summary = Schema.Struct({
  event: Schema.Literal("summary"),
  nodes: Schema.Int,
  executed: Schema.Int,
  cached: Schema.Int,
  failed: Schema.Int,
  blocked: Schema.Int,
  shards: Shards,
  seconds: Schema.Finite,
  /** What was computed on, where that was not the processor. */
  device: Schema.optionalKey(Schema.String),
})

/** All that a run says. Progress bars, JSON lines, traces and logs only render these. */
export const Event = Schema.Union([Planned, Started, Progressed, Finished, Cached, Failed, Blocked, Warned, Summary])
export type Event = typeof Event.Type
