import * as Effect from "effect/Effect"
import { type Dag, type DagNode, positions } from "../dsl/Dag.ts"
import type { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { type Change, changes } from "./Staleness.ts"
import type { View } from "./View.ts"

/** Where a chain of changed inputs begins. */
export interface Cause {
  readonly node: string
  /**
   * - `changed`: parts of its own key are others.
   * - `new`: there was no such node before, or it was never computed.
   * - `forgotten`: what it was made of then is no longer recorded.
   * - `lost`: its key is the same, and its result is not in the store, or is another one.
   */
  readonly kind: "changed" | "new" | "forgotten" | "lost"
  /** What of its own key is another: params, code, packages, environment, files. */
  readonly changes: ReadonlyArray<Change>
  /** From the node that was asked about to this one, by name. */
  readonly path: ReadonlyArray<string>
}

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>) =>
  a.length === b.length && a.every((x, i) => x === b[i])

/**
 * Why a node's keys differ between two times: follows the inputs that changed
 * up to the nodes of which something else has. Each cause is given once, by the
 * first path to it; none where the keys are the same.
 */
export const causes = Effect.fnUntraced(function* (
  dag: Dag,
  index: number,
  before: View,
  after: View,
): Effect.fn.Return<ReadonlyArray<Cause>, StoreError, Store> {
  const found: Array<Cause> = []
  const seen = new Set<number>()

  const visit = Effect.fnUntraced(function* (
    node: DagNode,
    path: ReadonlyArray<string>,
    blamed: boolean,
  ): Effect.fn.Return<void, StoreError, Store> {
    if (seen.has(node.index)) return
    seen.add(node.index)
    const { name } = node
    const here = [...path, name]
    const cause = (kind: Cause["kind"], changes: ReadonlyArray<Change> = []) =>
      void found.push({ node: name, kind, changes, path: here })
    const [was, is] = [before.keys(name), after.keys(name)]
    if (was === undefined) return cause("new")
    const waiting = is === undefined
    if (!waiting && same(was, is)) return blamed ? cause("lost") : undefined
    const unit = waiting
      ? 0
      : Math.max(
          0,
          is.findIndex((key, at) => key !== was[at]),
        )
    const [then, now] = [yield* before.parts(name, unit), yield* after.parts(name, unit)]
    // A shard more than before has no former self: what it is cut from has changed.
    if ((then === undefined || now === undefined) && unit < was.length) return cause("forgotten")
    const all = then === undefined || now === undefined ? [] : changes(then, now)
    const own = all.filter(({ part }) => part !== "input")
    if (own.length > 0) cause("changed", own)
    const count = found.length
    const slots = new Set(all.filter(({ part }) => part === "input").map(({ name }) => name))
    const told = !waiting && then !== undefined && Object.keys(then.inputs).length > 0
    for (const [slot, input] of Object.entries(node.inputs)) {
      if (told && !slots.has(slot)) continue
      const many = positions(input)
      for (const at of many) {
        const above = dag.nodes[at]
        // Of a list only the members whose keys are others can be told apart; a single input is surely the one.
        if (above !== undefined) yield* Effect.suspend(() => visit(above, here, told && many.length === 1))
      }
    }
    if (own.length === 0 && found.length === count && told) cause("lost")
  })

  const start = dag.nodes[index]
  if (start !== undefined) yield* visit(start, [], false)
  return found
})

/** Causes that several nodes have in common, each once, with the nodes that it makes stale. */
export const merged = (
  all: ReadonlyArray<readonly [node: string, causes: ReadonlyArray<Cause>]>,
): ReadonlyArray<{ readonly cause: Cause; readonly nodes: ReadonlyArray<string> }> => {
  const byText = new Map<string, { readonly cause: Cause; readonly nodes: Array<string> }>()
  for (const [node, causes] of all) {
    for (const cause of causes) {
      const text = JSON.stringify([cause.node, cause.kind])
      const known = byText.get(text)
      if (known === undefined) byText.set(text, { cause, nodes: [node] })
      else known.nodes.push(node)
    }
  }
  return [...byText.values()]
}
