import * as Schema from "effect/Schema"
import type { Planned } from "../run/Event.ts"
import type { Plan, PlannedNode } from "../plan/State.ts"
import { due, tally } from "./state.ts"

/** A node of a plan as JSON says it. */
export const NodeState = Schema.Struct({
  node: Schema.String,
  stage: Schema.String,
  target: Schema.optionalKey(Schema.String),
  state: Schema.Literals(["fresh", "stale", "waiting", "failed", "streamed"]),
  /** Why it is stale, or how it failed. */
  reason: Schema.optionalKey(Schema.String),
  /** What it waits for. */
  for: Schema.optionalKey(Schema.Array(Schema.String)),
  shards: Schema.optionalKey(Schema.Struct({ total: Schema.Int, fresh: Schema.Int })),
})
export type NodeState = typeof NodeState.Type

/** A node that a run would compute, or might: a line of `run --dry-run --json`. */
export const PlannedNodeEvent = Schema.Struct({ event: Schema.Literal("planned-node"), ...NodeState.fields })
export type PlannedNodeEvent = typeof PlannedNodeEvent.Type

/** A node of a plan as JSON says it. */
export const toJson = (node: PlannedNode): NodeState => {
  const { state } = node
  return {
    node: node.name,
    stage: node.stage,
    ...(node.target === undefined ? {} : { target: node.target }),
    state: state._tag,
    ...(state._tag === "stale" ? { reason: state.reason } : {}),
    ...(state._tag === "failed" ? { reason: state.message } : {}),
    ...(state._tag === "waiting" ? { for: state.for } : {}),
    ...(node.shards === undefined ? {} : { shards: node.shards }),
  }
}

/** What a run would do, as events: a `planned-node` for each node due, then `planned` with the counts. */
export const events = (plan: Plan): ReadonlyArray<PlannedNodeEvent | typeof Planned.Type> => {
  const counts = tally(plan.nodes)
  return [
    ...due(plan).map((node) => ({ event: "planned-node" as const, ...toJson(node) })),
    {
      event: "planned",
      nodes: plan.nodes.length,
      fresh: counts.fresh,
      stale: counts.stale + counts.failed,
      waiting: counts.waiting,
    },
  ]
}
