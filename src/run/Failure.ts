import * as Schema from "effect/Schema"
import { StageError } from "../dsl/StageError.ts"
import { StoreError } from "../store/StoreError.ts"

/** A node could not be computed: which one, and what its stage or the store said. */
export class NodeFailure extends Schema.TaggedError<NodeFailure>()("NodeFailure", {
  /** Position of the node at fault. */
  node: Schema.Int,
  error: Schema.Union([StageError, StoreError]),
}) {}

/** The failure that a stage met while it read its inputs, however often it was wrapped since. */
const origin = (error: unknown): NodeFailure | undefined => {
  if (error instanceof NodeFailure) return error
  return error instanceof StageError ? origin(error.cause) : undefined
}

/** The failure of a node, for whatever its stage or the store failed with; that of an input where it comes from there. */
export const failure = (node: number) => (error: StageError | StoreError) =>
  origin(error) ?? new NodeFailure({ node, error })

/** The artifact that was found damaged, where that is what a failure comes from. */
export const damagedHash = ({ error }: NodeFailure): string | undefined =>
  error._tag === "StoreError" && error.kind === "damaged" ? error.hash : undefined

/**
 * A failure as a stage meets it while it reads its inputs. It keeps the failure
 * as its cause, so that the node that is at fault is named and no other.
 */
export const asStageError = (failure: NodeFailure): StageError => {
  const { file, hint, message } = failure.error
  return new StageError({
    message,
    cause: failure,
    ...(hint === undefined ? {} : { hint }),
    ...(file === undefined ? {} : { file }),
  })
}
