import * as Schema from "effect/Schema"
import { KeyParts } from "./Action.ts"

/** What became of one node in a run. */
export const NodeRecord = Schema.Struct({
  stage: Schema.String,
  /** `executed`, `cached`, `failed`, `blocked`, … as the run calls it. */
  state: Schema.String,
  /** Keys of its actions, shard by shard. */
  keys: Schema.Array(Schema.String),
  seconds: Schema.Finite,
  /** Why it failed or was not run. */
  message: Schema.optionalKey(Schema.String),
  /** What its keys were made of, without the inputs: where nothing was written, so that no action tells. */
  parts: Schema.optionalKey(KeyParts),
})
export type NodeRecord = typeof NodeRecord.Type

/** A run in figures; `executed` and `cached` count nodes. */
export const RunSummary = Schema.Struct({
  nodes: Schema.Int,
  executed: Schema.Int,
  cached: Schema.Int,
  failed: Schema.Int,
  blocked: Schema.Int,
  shards: Schema.Struct({ executed: Schema.Int, cached: Schema.Int }),
  seconds: Schema.Finite,
})
export type RunSummary = typeof RunSummary.Type

/** What a run planned and did. */
export const RunRecord = Schema.Struct({
  pipeline: Schema.String,
  /** ISO 8601. */
  started: Schema.String,
  finished: Schema.String,
  /** What was computed on, where that was not the processor. */
  device: Schema.optionalKey(Schema.String),
  /** By the name of the node. */
  nodes: Schema.Record(Schema.String, NodeRecord),
  summary: RunSummary,
})
export type RunRecord = typeof RunRecord.Type
