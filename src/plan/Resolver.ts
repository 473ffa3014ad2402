import * as Effect from "effect/Effect"
import { closure, type Dag, type DagNode, inputsOf, positions } from "../dsl/Dag.ts"
import type { PipelineError } from "../dsl/Pipeline.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { StageError } from "../dsl/StageError.ts"
import type { Output } from "../store/Action.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { keys, type NodeParts, ofContent, ofShards, ofTables, withAside } from "./Key.ts"
import { partsOf } from "./parts.ts"

/** Why a unit's outputs are not in the store. */
export type Lack = "never computed" | "missing" | "damaged" | "forced"

/** The part of a node that is computed at once: a shard, or all of a whole-table stage. */
export interface Unit {
  readonly key: string
  readonly inputs: Readonly<Record<string, string>>
  /** Rows of the shard it walks, where known. */
  readonly rows: number | undefined
  /** What is in the store; undefined where nothing usable is. */
  readonly outputs: ReadonlyArray<Output> | undefined
  readonly lack: Lack | undefined
  /** What the store had under this key before it was lost or forced. */
  readonly former: ReadonlyArray<Output> | undefined
}

/** A shard as what stands on it sees it. */
export interface Shard {
  /** Content hash, or the key where the node is known by its key. */
  readonly id: string
  /** Rows, or where the node is known by its key those of the shard it walks: as many at most, written or not. */
  readonly rows: number | undefined
  readonly output: Output | undefined
}

/** What is known of a pipeline's nodes, growing as they are computed. */
export interface Resolver {
  readonly dag: Dag
  /** Positions of the nodes that the chosen targets stand on, in order. */
  readonly selected: ReadonlyArray<number>
  readonly parts: (index: number) => NodeParts | undefined
  /** A node's units; undefined while its inputs are not known. */
  readonly units: (index: number) => ReadonlyArray<Unit> | undefined
  /** A node's shards; undefined while they are not known. */
  readonly shards: (index: number) => ReadonlyArray<Shard> | undefined
  /** Whether a node is computed for its own sake: it is always written, or a target that can be. */
  readonly required: (index: number) => boolean
  /** Positions of a node's units that have to be computed, asked for or not. */
  readonly due: (index: number) => ReadonlyArray<number>
  /** Whether everything that the node has to compute is in the store. */
  readonly complete: (index: number) => boolean
  readonly problem: (index: number) => StageError | undefined
  /** Resolves what can be resolved once the given nodes are complete, or at all; gives the nodes newly resolved. */
  readonly advance: (after?: ReadonlyArray<number>) => Effect.Effect<ReadonlyArray<number>, StoreError>
  /**
   * Takes note of what was computed under a key; gives all units that this
   * settles, as several nodes may come to the same key. What stands on outputs
   * that differ from lost ones is resolved anew.
   */
  readonly done: (key: string, outputs: ReadonlyArray<Output>) => ReadonlyArray<readonly [node: number, unit: number]>
  /** Takes note that an artifact is gone or damaged; gives the units that have to be computed again. */
  readonly lost: (hash: string) => ReadonlyArray<readonly [node: number, unit: number]>
}

/** Whether a node is known by its content: its results are always written. */
export const known = (node: DagNode | undefined): boolean => node?.persist === "always"

/** Whether results of the node are written, as far as the budget allows. */
export const writes = (node: DagNode): boolean => node.persist === "always" || (node.write ?? node.persist === "budget")

/** The node whose shards a row-wise node walks. */
export const overOf = (node: DagNode): number | undefined =>
  node.stage.kind === "whole" ? undefined : positions(node.inputs[node.stage.over])[0]

/** The nodes that a node reads whole. */
export const sidesOf = (node: DagNode): ReadonlyArray<number> => {
  const over = node.stage.kind === "whole" ? undefined : node.stage.over
  return Object.entries(node.inputs).flatMap(([name, input]) => (name === over ? [] : positions(input)))
}

const push = <K, V>(lists: Map<K, Array<V>>, key: K, value: V): void => {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

const refsOf = ({ aside, skipped, table }: Output) => [table, aside, skipped].filter((ref) => ref !== undefined)

const sameTables = (a: ReadonlyArray<Output>, b: ReadonlyArray<Output>): boolean =>
  a.length === b.length &&
  a.every((output, i) => output.table.hash === b[i]?.table.hash && output.skipped?.hash === b[i]?.skipped?.hash)

/**
 * Works out keys and looks them up. A node's keys are known once its inputs'
 * content is, so a plan knows the nodes up to the first stale ones, and a run
 * learns the rest as it goes: early cutoff comes of itself.
 */
export const make = Effect.fn("Resolver.make")(function* (
  dag: Dag,
  options: { readonly targets: ReadonlyArray<number>; readonly forced: ReadonlySet<number> },
): Effect.fn.Return<Resolver, PipelineError | StoreError, Store | StageServices> {
  const store = yield* Store
  const selected = closure(dag, options.targets)
  const chosen = new Set(selected)
  const targets = new Set(options.targets)
  const { parts, problems } = yield* partsOf(selected.flatMap((i) => dag.nodes[i] ?? []))
  const units = new Map<number, Array<Unit>>()
  /** Units that can be written, by their key; some may have another one by now. */
  const byKey = new Map<string, Array<readonly [node: number, unit: number]>>()

  const shards = (index: number): ReadonlyArray<Shard> | undefined => {
    const node = dag.nodes[index]
    const own = units.get(index)
    if (node === undefined || own === undefined) return undefined
    if (!known(node)) return own.map((u) => ({ id: u.key, rows: u.rows, output: u.outputs?.[0] }))
    const all: Array<Shard> = []
    for (const { outputs } of own) {
      if (outputs === undefined) return undefined
      for (const output of outputs) {
        all.push({ id: ofContent(output.table.hash, output.skipped?.hash), rows: output.table.rows, output })
      }
    }
    return all
  }

  const lookUp = Effect.fnUntraced(function* (
    node: DagNode,
    key: string,
  ): Effect.fn.Return<Pick<Unit, "outputs" | "lack" | "former">, StoreError> {
    if (!writes(node)) return { outputs: undefined, lack: undefined, former: undefined }
    const action = yield* store.action(key)
    const former = action?.outputs
    if (options.forced.has(node.index)) return { outputs: undefined, lack: "forced", former }
    if (former === undefined) return { outputs: undefined, lack: "never computed", former }
    for (const ref of former.flatMap(refsOf)) {
      const state = yield* store.check(ref)
      if (state !== "present") return { outputs: undefined, lack: state === "absent" ? "missing" : "damaged", former }
    }
    return { outputs: former, lack: undefined, former: undefined }
  })

  const inputs = new Map(selected.map((index) => [index, inputsOf(dag.nodes[index] ?? { inputs: {} })]))
  /** How many of a node's inputs were found known, one after another: a node of thousands is not looked over each time. */
  const found = new Map<number, number>()
  const isReady = (node: DagNode): boolean => {
    const all = inputs.get(node.index) ?? []
    let count = found.get(node.index) ?? 0
    for (let input = all[count]; input !== undefined && shards(input) !== undefined; input = all[count]) count++
    // From the start again once all were: some may have been forgotten meanwhile.
    found.set(node.index, count < all.length ? count : 0)
    return count >= all.length
  }

  const resolve = Effect.fnUntraced(function* (node: DagNode): Effect.fn.Return<boolean, StoreError> {
    const shared = parts.get(node.index)
    if (shared === undefined || !isReady(node)) return false
    const contents = new Map<number, string>()
    // A list of files that have moved is the same list, but what is picked from it has to say where they are now.
    const handsOn = node.stage.output.aside.length > 0
    for (const index of inputs.get(node.index) ?? []) {
      const ids = shards(index)?.map(({ id, output }) => (handsOn ? withAside(id, output?.aside?.hash) : id))
      if (ids === undefined) return false
      contents.set(index, ofShards(ids))
    }
    const over = overOf(node)
    const overName = node.stage.kind === "whole" ? undefined : node.stage.over
    const sides: Record<string, string> = {}
    for (const [name, input] of Object.entries(node.inputs)) {
      if (name === overName || input === undefined) continue
      const tables = positions(input).map((index) => contents.get(index) ?? "")
      sides[name] = typeof input === "number" ? tables.join() : ofTables(tables)
    }
    const keyOf = keys(shared)
    const walked = over === undefined ? [{ id: "", rows: undefined }] : (shards(over) ?? [])
    const own: Array<Unit> = []
    for (const { id, rows } of walked) {
      const read = overName === undefined ? sides : { ...sides, [overName]: id }
      const key = keyOf(read)
      if (writes(node)) push(byKey, key, [node.index, own.length])
      own.push({ key, inputs: read, rows, ...(yield* lookUp(node, key)) })
    }
    units.set(node.index, own)
    return true
  })

  const dependents = new Map<number, Array<number>>()
  for (const index of selected) {
    for (const input of inputs.get(index) ?? []) push(dependents, input, index)
  }
  const standingOn = (index: number): ReadonlyArray<number> => dependents.get(index) ?? []
  const advance = Effect.fnUntraced(function* (after?: ReadonlyArray<number>) {
    const resolved: Array<number> = []
    // A sorted sweep for all of them, a worklist for what a few nodes release.
    const open = after === undefined ? selected.toReversed() : after.flatMap(standingOn)
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const node = dag.nodes[index]
      if (node === undefined || !chosen.has(index) || units.has(index) || !(yield* resolve(node))) continue
      resolved.push(index)
      if (after !== undefined && shards(index) !== undefined) open.push(...standingOn(index))
    }
    return resolved
  })
  const forget = (index: number): void => {
    for (const dependent of standingOn(index)) if (units.delete(dependent)) forget(dependent)
  }

  const required = (index: number): boolean => {
    const node = dag.nodes[index]
    return node !== undefined && (known(node) || (targets.has(index) && writes(node)))
  }
  const due = (index: number): ReadonlyArray<number> =>
    (units.get(index) ?? []).flatMap(({ lack, outputs }, at) =>
      outputs === undefined && (required(index) || lack === "damaged") ? [at] : [],
    )
  return {
    dag,
    selected,
    parts: (index) => parts.get(index),
    units: (index) => units.get(index),
    shards,
    required,
    due,
    complete: (index) => units.has(index) && due(index).length === 0,
    problem: (index) => problems.get(index),
    advance,
    done: (key, outputs) => {
      const settled = (byKey.get(key) ?? []).filter(([index, at]) => {
        const unit = units.get(index)?.[at]
        return unit?.key === key && unit.outputs === undefined
      })
      for (const [index, at] of settled) {
        const own = units.get(index)
        const before = own?.[at]
        if (own === undefined || before === undefined) continue
        own[at] = { ...before, outputs, lack: undefined }
        const differs = before.former !== undefined && !sameTables(before.former, outputs)
        if (differs && known(dag.nodes[index])) forget(index)
      }
      return settled
    },
    lost: (hash) => {
      const lost: Array<readonly [number, number]> = []
      for (const [index, own] of units) {
        own.forEach((unit, at) => {
          if (unit.outputs?.flatMap(refsOf).some((ref) => ref.hash === hash) !== true) return
          own[at] = { ...unit, outputs: undefined, lack: "damaged", former: unit.outputs }
          lost.push([index, at])
        })
      }
      return lost
    },
  }
})
