import * as Schema from "effect/Schema"

/**
 * A stage could not do its work. `message` says what is wrong, `hint` what to
 * do about it, `file` which file it is about; the engine adds the node.
 */
export class StageError extends Schema.TaggedError<StageError>()("StageError", {
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  file: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect()),
}) {}

/**
 * One row is bad (a truncated image, say). Under the row policy `fail` the node
 * fails and names the row; under `skip` the row is left out, counted and
 * recorded with this reason.
 */
export class RowError extends Schema.TaggedError<RowError>()("RowError", {
  reason: Schema.String,
  file: Schema.optionalKey(Schema.String),
}) {}
