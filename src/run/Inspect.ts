import * as Effect from "effect/Effect"
import type { Table } from "../arrow/Table.ts"
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

const actionsOf = Effect.fnUntraced(function* (keys: ReadonlyArray<string>) {
  const store = yield* Store
  return (yield* Effect.forEach(keys, (key) => store.action(key))).filter((action) => action !== undefined)
})

/** A pipeline laid out and looked up once, to find what the store has of any of its nodes. */
export interface Inspector {
  readonly resolver: Resolver
  /** A node's actions: the present ones where it is fresh, those of the last run otherwise. */
  readonly found: (node: DagNode) => Effect.Effect<Found, PipelineError | StoreError>
}

/** What the store has of a fresh node; undefined of any other. */
export const freshOf = Effect.fnUntraced(function* (
  resolver: Resolver,
  node: DagNode,
): Effect.fn.Return<Found | undefined, StoreError, Store> {
  const units = resolver.units(node.index) ?? []
  if (units.length === 0 || units.some((unit) => unit.outputs === undefined)) return undefined
  const actions = yield* actionsOf(units.map((unit) => unit.key))
  return actions.length === 0 ? undefined : { name: node.name, table: node.stage.output, actions, fresh: true }
})

/** Looks up all of a pipeline. */
export const inspector = Effect.fn("Inspect.inspector")(function* (
  pipeline: Pipeline,
): Effect.fn.Return<Inspector, PipelineError | StoreError, Engine> {
  const store = yield* Store
  const resolver = yield* Effect.scoped(prepare(pipeline, {}))
  const history = yield* Effect.cached(Staleness.history(pipeline.name))
  const found = Effect.fnUntraced(function* (node: DagNode) {
    const fresh = yield* freshOf(resolver, node)
    if (fresh !== undefined) return fresh
    const actions = yield* actionsOf((yield* history).record(node.name)?.keys ?? [])
    if (actions.length === 0) return yield* absent(node)
    return { name: node.name, table: node.stage.output, actions, fresh: false }
  })
  return { resolver, found: (node) => Effect.provideService(found(node), Store, store) }
})

/** Finds a node's actions: the present ones where it is fresh, those of the last run otherwise. */
export const find = Effect.fn("Inspect.find")(function* (
  pipeline: Pipeline,
  pattern: string,
): Effect.fn.Return<Found, PipelineError | StoreError, Engine> {
  const { found, resolver } = yield* inspector(pipeline)
  return yield* found(yield* selectOne(resolver.dag, pattern))
})
