import { type DagNode, inputsOf } from "../dsl/Dag.ts"
import { known, overOf, type Resolver, sidesOf, writes } from "../plan/Resolver.ts"
import { type ShardTask, sinksOf, type Task } from "./Task.ts"
import type { Work } from "./Work.ts"

/** Room for pixels on disk, in bytes. */
export interface Budget {
  left: number
}

/** What is left to do, and which of it can be done now. */
export interface Tasks {
  /** Adds the units that nodes have to compute, once they are resolved. */
  readonly add: (nodes: ReadonlyArray<number>) => void
  /** Adds single units again, after what they gave was lost. */
  readonly again: (units: ReadonlyArray<readonly [node: number, unit: number]>) => void
  /** Takes out a unit that is settled, or all of nodes that will not be computed. */
  readonly settled: (node: number, unit: number) => void
  readonly drop: (nodes: ReadonlySet<number>) => void
  /** The next task whose inputs are there; undefined when there is none for now. */
  readonly next: () => Task | undefined
  /** Says that a task has ended. */
  readonly ended: (task: Task) => void
}

const unitKey = (node: number, unit: number): string => `${node}:${unit}`

/**
 * Chooses tasks: whole-table stages first, then shards in the order of the
 * pipeline. So encoders are there before the first shard starts, and units of
 * one shard that stand on the same streamed node become one task: several stale
 * encoders share one decode.
 */
export const make = (resolver: Resolver, work: Work, budget: Budget): Tasks => {
  const { dag } = resolver
  const waiting = new Map<number, Set<number>>()
  let order: ReadonlyArray<number> = []
  let sorted = true
  /** The keys that tasks under way will give: nodes that come to the same key wait for one another. */
  const underWay = new Map<Task, ReadonlySet<string>>()
  /** Units by the topmost streamed node above them and their shard. */
  const streams = new Map<string, Map<number, number>>()

  const at = (index: number): DagNode | undefined => dag.nodes[index]
  const keyOf = (index: number, unit: number): string => resolver.units(index)?.[unit]?.key ?? unitKey(index, unit)
  const isUnderWay = (index: number, unit: number): boolean => {
    const key = keyOf(index, unit)
    return underWay.values().some((keys) => keys.has(key))
  }
  const isWhole = (index: number): boolean => at(index)?.stage.kind === "whole"
  const topStream = (index: number): number | undefined => {
    const node = at(index)
    const over = node === undefined ? undefined : overOf(node)
    if (over === undefined || known(at(over))) return known(node) ? undefined : index
    return topStream(over)
  }
  const put = (index: number, unit: number) => {
    const units = waiting.get(index)
    if (units === undefined) {
      waiting.set(index, new Set([unit]))
      sorted = false
    } else units.add(unit)
    const top = topStream(index)
    if (top === undefined) return
    const key = unitKey(top, unit)
    const mates = streams.get(key)
    if (mates === undefined) streams.set(key, new Map([[index, unit]]))
    else mates.set(index, unit)
  }
  const take = (index: number, unit: number) => {
    const units = waiting.get(index)
    units?.delete(unit)
    if (units?.size === 0) waiting.delete(index)
    const top = topStream(index)
    if (top !== undefined) streams.get(unitKey(top, unit))?.delete(index)
  }
  const writesNow = (node: DagNode): boolean => writes(node) && (node.write === true || budget.left > 0)

  /** Whether everything that a node reads is in the store or can be computed on the way. */
  const available = (node: DagNode): boolean =>
    inputsOf(node).every((index) => {
      const input = at(index)
      if (input === undefined || resolver.shards(index) === undefined) return false
      return known(input) || available(input)
    })

  /** The task that computes a shard of a row-wise node, with all that shares its streamed part. */
  const shardTask = (index: number, shard: number): ShardTask | undefined => {
    const { base, nodes } = work.chain(index, shard)
    const top = nodes.length < 2 ? undefined : topStream(index)
    const asked = new Map([[keyOf(index, shard), index]])
    const all = new Set(nodes)
    for (const mate of top === undefined ? [] : (streams.get(unitKey(top, shard))?.keys() ?? [])) {
      const node = at(mate)
      if (asked.has(keyOf(mate, shard)) || node === undefined || !available(node)) continue
      const chain = work.chain(mate, shard)
      if (chain.base !== base || chain.nodes[0] !== nodes[0]) continue
      asked.set(keyOf(mate, shard), mate)
      for (const other of chain.nodes) all.add(other)
    }
    const ordered = [...all].sort((a, b) => a - b)
    if (ordered.some((other) => isUnderWay(other, shard))) return undefined
    const sinks = ordered.filter((other) => {
      const node = at(other)
      return asked.get(keyOf(other, shard)) === other || (node !== undefined && !known(node) && writesNow(node))
    })
    return { kind: "shards", shard, base, nodes: ordered, sinks }
  }

  /**
   * Shards that a node will read whole and that the budget lets be written
   * first: its other inputs, or what they are streamed from.
   */
  const materials = (node: DagNode): ReadonlyArray<readonly [number, number]> =>
    sidesOf(node).flatMap((side) => {
      let index: number | undefined = side
      for (;;) {
        const input: DagNode | undefined = index === undefined ? undefined : at(index)
        if (index === undefined || input === undefined || known(input)) return []
        if (writesNow(input)) break
        index = overOf(input)
      }
      const from = index
      return (resolver.shards(from) ?? []).flatMap(({ output }, i) =>
        output === undefined ? [[from, i] as const] : [],
      )
    })

  /** The streamed nodes that reading a node's inputs sets to work. */
  const feeding = (node: DagNode): ReadonlyArray<number> =>
    inputsOf(node).flatMap((index) => {
      const input = at(index)
      const there = resolver.shards(index)?.every(({ output }) => output !== undefined)
      return input === undefined || known(input) || there === true ? [] : [...feeding(input), index]
    })

  const taskFor = (index: number, unit: number): Task | undefined => {
    const node = at(index)
    if (node === undefined || !available(node)) return undefined
    const wanted = materials(node)
    if (wanted.length === 0) {
      if (isUnderWay(index, unit)) return undefined
      return isWhole(index) ? { kind: "whole", node: index, feeding: feeding(node) } : shardTask(index, unit)
    }
    for (const [input, shard] of wanted) {
      const task = shardTask(input, shard)
      if (task !== undefined) return task
    }
    return undefined
  }

  return {
    add: (nodes) => {
      for (const index of nodes) {
        for (const unit of resolver.due(index)) put(index, unit)
      }
    },
    again: (units) => {
      for (const [index, unit] of units) put(index, unit)
    },
    settled: take,
    drop: (nodes) => {
      for (const index of nodes) for (const unit of waiting.get(index) ?? []) take(index, unit)
    },
    next: () => {
      if (!sorted || order.length > 2 * waiting.size) {
        order = [...waiting.keys()].sort((a, b) => Number(isWhole(b)) - Number(isWhole(a)) || a - b)
        sorted = true
      }
      for (const index of order) {
        for (const unit of waiting.get(index) ?? []) {
          const task = taskFor(index, unit)
          if (task === undefined) continue
          const { sinks, unit: own } = sinksOf(task)
          underWay.set(task, new Set(sinks.map((sink) => keyOf(sink, own))))
          for (const sink of sinks) take(sink, own)
          return task
        }
      }
      return undefined
    },
    ended: (task) => {
      underWay.delete(task)
    },
  }
}
