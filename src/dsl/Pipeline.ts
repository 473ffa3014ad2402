import * as Schema from "effect/Schema"
import type { Node } from "./Node.ts"

/** A name and its target nodes. */
export interface Pipeline {
  readonly name: string
  readonly targets: Readonly<Record<string, Node>>
  /** Folder of the pipeline file: relative paths in params start here. */
  readonly directory: string
}

/** The pipeline itself is wrong: a bad param, a name that matches nothing. Nothing has run. */
export class PipelineError extends Schema.TaggedError<PipelineError>()("PipelineError", {
  message: Schema.String,
  node: Schema.optionalKey(Schema.String),
  hint: Schema.optionalKey(Schema.String),
}) {}
