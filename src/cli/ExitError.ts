import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/** A command has said what went wrong; what is left is the exit code: 1 a node failed, 2 wrong usage or pipeline. */
export class ExitError extends Schema.TaggedError<ExitError>()("ExitError", { code: Schema.Literals([1, 2]) }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

/** The command was asked for something that cannot be done. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  file: Schema.optionalKey(Schema.String),
}) {}
