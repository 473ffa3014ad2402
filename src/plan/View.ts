import * as Effect from "effect/Effect"
import type { DagNode } from "../dsl/Dag.ts"
import type { Action, KeyParts } from "../store/Action.ts"
import type { RunRecord } from "../store/RunRecord.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import type { Resolver } from "./Resolver.ts"

/** A pipeline's nodes at one time: in a run that is over, or now. */
export interface View {
  /** A node's keys, unit by unit; undefined where there is no such node, or they are not known yet. */
  readonly keys: (node: string) => ReadonlyArray<string> | undefined
  /** Whether there is such a node at all. */
  readonly has: (node: string) => boolean
  /** What one of its keys is made of; inputs are empty where they are not known: yet, or any more. */
  readonly parts: (node: string, unit: number) => Effect.Effect<KeyParts | undefined, StoreError, Store>
  /** What the unit gave, where that is recorded. */
  readonly action: (node: string, unit: number) => Effect.Effect<Action | undefined, StoreError, Store>
}

/** What a run recorded. A node that it did not get to is as in the run before it: `earlier`. */
export const ofRuns = (runs: ReadonlyArray<RunRecord>): View => {
  const record = (node: string) =>
    runs.map(({ nodes }) => nodes[node]).find((found) => found !== undefined && reached.has(found.state))
  const action = (node: string, unit: number) =>
    Effect.gen(function* () {
      const key = record(node)?.keys[unit]
      return key === undefined ? undefined : yield* (yield* Store).action(key)
    })
  return {
    keys: (node) => record(node)?.keys,
    has: (node) => record(node) !== undefined,
    parts: (node, unit) => Effect.map(action(node, unit), (found) => found?.parts ?? record(node)?.parts),
    action,
  }
}

const reached = new Set(["executed", "cached", "failed"])

/** What a resolver knows now. */
export const ofNow = (resolver: Resolver): View => {
  const nodes = new Map(resolver.dag.nodes.map((node): readonly [string, DagNode] => [node.name, node]))
  const units = (name: string) => {
    const node = nodes.get(name)
    return node === undefined ? undefined : resolver.units(node.index)
  }
  return {
    keys: (name) => units(name)?.map(({ key }) => key),
    has: (name) => nodes.has(name),
    parts: (name, unit) => {
      const shared = resolver.parts(nodes.get(name)?.index ?? -1)
      return Effect.succeed(shared && { ...shared, inputs: units(name)?.[unit]?.inputs ?? {} })
    },
    action: (name, unit) =>
      Effect.gen(function* () {
        const key = units(name)?.[unit]?.key
        return key === undefined ? undefined : yield* (yield* Store).action(key)
      }),
  }
}
