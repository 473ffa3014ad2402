import * as Schema from "effect/Schema"

const Difference = Schema.Struct({
  row: Schema.String,
  column: Schema.String,
  at: Schema.optionalKey(Schema.Int),
  before: Schema.Union([Schema.String, Schema.Finite]),
  after: Schema.Union([Schema.String, Schema.Finite]),
})

/** What came of one unit: all of a whole-table node, or a shard. */
export const Checked = Schema.Struct({
  node: Schema.String,
  stage: Schema.String,
  /** Which shard, from 0; of how many. */
  shard: Schema.Int,
  shards: Schema.Int,
  rows: Schema.Int,
  /** `equal` byte by byte, `close` within the tolerance, `different`, or `failed` to compute. */
  verdict: Schema.Literals(["equal", "close", "different", "failed"]),
  /** The largest difference of two numbers. */
  largest: Schema.Finite,
  /** Rows that differ beyond the tolerance, and the first of them. */
  differing: Schema.Int,
  differences: Schema.Array(Difference),
  missing: Schema.Array(Schema.String),
  added: Schema.Array(Schema.String),
  reordered: Schema.Boolean,
  /** Whether the rows that were left out are others than before. */
  skipped: Schema.Boolean,
  /** Whether columns differ that are no part of the content: where files lie, how a fit went. */
  aside: Schema.Boolean,
  /** Why it could not be computed. */
  message: Schema.optionalKey(Schema.String),
  seconds: Schema.Finite,
})
export type Checked = typeof Checked.Type
