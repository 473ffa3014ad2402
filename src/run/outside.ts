import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { DagNode } from "../dsl/Dag.ts"
import { guarded } from "../dsl/guarded.ts"
import type { StageServices } from "../dsl/Services.ts"
import { StageError } from "../dsl/StageError.ts"

/** How much of a node's params a message quotes. */
const quoted = 200

const changed = ({ canonical }: DagNode, problem: StageError | undefined): StageError => {
  const params = JSON.stringify(canonical)
  const short = params.length > quoted ? `${params.slice(0, quoted)}…` : params
  return new StageError({
    message: `what this node reads has changed during the run: ${problem?.message ?? short}`,
    hint: "run again once whatever writes it has finished",
    ...(problem?.file === undefined ? {} : { file: problem.file }),
  })
}

/**
 * Fails where what a node reads outside the pipeline is not what it was when
 * its key was made. What was read meanwhile belongs to no key: the same stamp
 * may come back, as that of a link that leads to one folder, then to another.
 */
export const unchanged = Effect.fnUntraced(function* (
  node: DagNode,
  stamp: string | undefined,
): Effect.fn.Return<void, StageError, StageServices> {
  const { stage } = node
  if (stage.kind !== "whole" || stage.stamp === undefined) return
  const now = yield* Effect.result(guarded(stage.stamp(node.params)))
  if (Result.isFailure(now)) return yield* changed(node, now.failure)
  if (now.success !== stamp) return yield* changed(node, undefined)
})
