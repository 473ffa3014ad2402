import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"
import type { Node } from "./Node.ts"

/** A name and its target nodes. */
export interface Pipeline {
  readonly name: string
  readonly targets: Readonly<Record<string, Node>>
  /** Folder of the pipeline file: relative paths in params start here. */
  readonly directory: string
}

/**
 * A pipeline from the `import.meta` of its file, its name and its targets.
 *
 * @example
 * const pipeline = make(import.meta, "benchmark-lottery", { table: aggregate(scores) })
 */
export const make = (
  meta: { readonly url: string },
  name: string,
  targets: Readonly<Record<string, Node>>,
): Pipeline => ({ name, targets, directory: dirname(fileURLToPath(meta.url)) })

/** The pipeline itself is wrong: a bad param, a name that matches nothing. Nothing has run. */
export class PipelineError extends Schema.TaggedError<PipelineError>()("PipelineError", {
  message: Schema.String,
  node: Schema.optionalKey(Schema.String),
  hint: Schema.optionalKey(Schema.String),
}) {}
