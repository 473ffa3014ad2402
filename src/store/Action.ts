import * as Schema from "effect/Schema"

/** One part of a key by name, with a readable value: what `explain` compares. */
export const KeyParts = Schema.Struct({
  stage: Schema.String,
  /** Fingerprint of the code. */
  code: Schema.String,
  /** Versions of the packages that the code reaches. */
  packages: Schema.Record(Schema.String, Schema.String),
  /** Params in canonical form. */
  params: Schema.Json,
  /** Content hash (or key, where the input is not keyed by content) of each input. */
  inputs: Schema.Record(Schema.String, Schema.String),
  environment: Schema.Record(Schema.String, Schema.String),
  /** Stamp of what lies outside the pipeline, empty where there is none. */
  stamp: Schema.String,
})
export type KeyParts = typeof KeyParts.Type

/** One file of the store. */
export const ArtifactRef = Schema.Struct({
  hash: Schema.String,
  rows: Schema.Int,
  bytes: Schema.Finite,
})
export type ArtifactRef = typeof ArtifactRef.Type

/** One output of an action: a shard with its companions. */
export const Output = Schema.Struct({
  table: ArtifactRef,
  /** Columns that are no part of the data's identity, row by row beside `table`. */
  aside: Schema.optionalKey(ArtifactRef),
  /** Rows left out on the way here, with the reason. */
  skipped: Schema.optionalKey(ArtifactRef),
})
export type Output = typeof Output.Type

/** The record `key -> artifact`, with its provenance. */
export const Action = Schema.Struct({
  key: Schema.String,
  node: Schema.String,
  /** Which shard of the node, -1 where the action covers all of it. */
  shard: Schema.Int,
  parts: KeyParts,
  /** One for a shard or a whole table, several where a whole-table stage wrote a row-wise table. */
  outputs: Schema.Array(Output),
  seconds: Schema.Finite,
  /** ISO 8601. */
  finished: Schema.String,
  host: Schema.Record(Schema.String, Schema.String),
})
export type Action = typeof Action.Type
