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
export const failure = (node: number) => (error: StageError | StoreError | NodeFailure) =>
  error._tag === "NodeFailure" ? error : (origin(error) ?? new NodeFailure({ node, error }))

/** A node's results were there when the work began to be planned, and are being computed again. */
export const lost = (node: number, file: string) =>
  failure(node)(
    new StoreError({
      kind: "damaged",
      message: "its results were lost while others were reading them",
      hint: "run again: they are computed anew",
      file,
    }),
  )

/** What was lost, where that is what a failure comes from: the artifact, unless the node is known to lack it already. */
export const lossOf = ({ error }: NodeFailure): { readonly hash: string | undefined } | undefined =>
  error._tag === "StoreError" && error.kind === "damaged" ? { hash: error.hash } : undefined

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
