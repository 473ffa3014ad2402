import * as Effect from "effect/Effect"
import * as Dag from "../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { selectOne } from "../dsl/select.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { KeyParts } from "../store/Action.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { prepare, states } from "./Plan.ts"
import * as Staleness from "./Staleness.ts"
import type { State } from "./State.ts"

/** Why a node is in the state it is in: the parts of its key that differ from the last time. */
export interface Explanation {
  readonly node: string
  readonly stage: string
  readonly state: State
  readonly shards: { readonly total: number; readonly fresh: number } | undefined
  readonly changes: ReadonlyArray<Staleness.Change>
  /** The key's parts as they are now, those of the first stale shard; undefined while inputs are not known. */
  readonly parts: KeyParts | undefined
}

/** Explains one node by name, target name or a pattern that matches one. */
export const explain = Effect.fn("Explain.explain")(function* (
  pipeline: Pipeline,
  name: string,
): Effect.fn.Return<Explanation, PipelineError | StoreError, Store | StageServices> {
  const node = yield* selectOne(yield* Dag.make(pipeline), name)
  const resolver = yield* prepare(pipeline, {})
  const planned = (yield* states(resolver)).nodes.find((candidate) => candidate.name === node.name)
  const units = resolver.units(node.index) ?? []
  const at = Math.max(
    0,
    units.findIndex((unit) => unit.outputs === undefined),
  )
  const shared = resolver.parts(node.index)
  const unit = units[at]
  const parts = shared === undefined || unit === undefined ? undefined : { ...shared, inputs: unit.inputs }
  const history = yield* Staleness.history(pipeline.name)
  const before = unit === undefined || unit.outputs !== undefined ? undefined : yield* history.action(node.name, at)
  return {
    node: node.name,
    stage: node.stage.name,
    state: planned?.state ?? { _tag: "fresh" },
    shards: planned?.shards,
    changes: parts === undefined || before === undefined ? [] : Staleness.changes(before.parts, parts),
    parts,
  }
})
