import * as Effect from "effect/Effect"
import type { Table } from "../arrow/Table.ts"
import * as Dag from "../dsl/Dag.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { type Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { selectOne } from "../dsl/select.ts"
import { prepare } from "../plan/Plan.ts"
import type { Resolver } from "../plan/Resolver.ts"
import * as Staleness from "../plan/Staleness.ts"
import type { Action } from "../store/Action.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Engine } from "./Engine.ts"

/** What the store has of a node. */
export interface Found {
  readonly name: string
  readonly table: Table
  /** Shard by shard. */
  readonly actions: ReadonlyArray<Action>
  /** Whether this is what a run would give now; otherwise it is what the last run gave. */
  readonly fresh: boolean
}

const absent = (node: DagNode) =>
  new PipelineError({
    node: node.name,
    message:
      node.stage.persist === "never"
        ? `${node.name} is streamed: its results are never written`
        : `${node.name} has not been computed yet`,
    hint: node.stage.persist === "never" ? "show a node that stands on it" : `pipeline run '${node.name}'`,
  })

/** A pipeline laid out and looked up once, to find what the store has of any of its nodes. */
export interface Inspector {
  readonly resolver: Resolver
  /** A node's actions: the present ones where it is fresh, those of the last run otherwise. */
  readonly found: (node: DagNode) => Effect.Effect<Found, PipelineError | StoreError>
}

/** Looks up all of a pipeline. */
export const inspector = Effect.fn("Inspect.inspector")(function* (
  pipeline: Pipeline,
): Effect.fn.Return<Inspector, PipelineError | StoreError, Engine> {
  const store = yield* Store
  const resolver = yield* Effect.scoped(prepare(pipeline, {}))
  const history = yield* Staleness.history(pipeline.name)
  return {
    resolver,
    found: Effect.fnUntraced(function* (node) {
      const units = resolver.units(node.index) ?? []
      const fresh = units.length > 0 && units.every((unit) => unit.outputs !== undefined)
      const keys = fresh ? units.map((unit) => unit.key) : (history.record(node.name)?.keys ?? [])
      const actions = (yield* Effect.forEach(keys, (key) => store.action(key))).filter((action) => action !== undefined)
      if (actions.length === 0) return yield* absent(node)
      return { name: node.name, table: node.stage.output, actions, fresh }
    }),
  }
})

/** Finds a node's actions: the present ones where it is fresh, those of the last run otherwise. */
export const find = Effect.fn("Inspect.find")(function* (
  pipeline: Pipeline,
  pattern: string,
): Effect.fn.Return<Found, PipelineError | StoreError, Engine> {
  const node = yield* selectOne(yield* Dag.make(pipeline), pattern)
  const { found } = yield* inspector(pipeline)
  return yield* found(node)
})
