/**
 * What the engine ought to do, said a second time and plainly: every node is
 * computed anew by recursion, keys are the texts of all that they stand for, and
 * a store is a map. No bytes, no fibers, no tasks.
 */
import * as Hash from "../../src/hash/Hash.ts"
import { tiny } from "./engine.ts"

export type Kind = "source" | "each" | "batches" | "picky" | "keep" | "total"

/** A node of a random pipeline. Which nodes it takes follows from `picks` and those before it. */
export interface Spec {
  readonly as: string
  readonly kind: Kind
  readonly persist: "always" | "budget" | "never"
  readonly version: string
  readonly add: number
  readonly div: number
  readonly file: number
  readonly picks: readonly [number, number, number]
  readonly withSide: boolean
  readonly write: boolean | undefined
  readonly label: string | undefined
}

/** A node with the positions of those it takes. */
export interface Wired extends Spec {
  readonly over: number | undefined
  readonly side: number | undefined
  readonly many: ReadonlyArray<number>
}

/** Chooses inputs. The first node, and whatever finds nothing to stand on, is a source. */
export const wire = (specs: ReadonlyArray<Spec>): ReadonlyArray<Wired> => {
  const wired: Array<Wired> = []
  const chosen = (list: ReadonlyArray<number>, pick: number) => list[pick % Math.max(1, list.length)]
  for (const spec of specs) {
    const kinds = [...wired.entries()]
    const numbers = kinds.flatMap(([i, { kind }]) => (kind === "total" ? [] : [i]))
    const sums = kinds.flatMap(([i, { kind }]) => (kind === "total" ? [i] : []))
    const over = chosen(numbers, spec.picks[0])
    const kind = over === undefined ? "source" : spec.kind
    const side = spec.withSide && kind !== "picky" ? chosen(sums, spec.picks[1]) : undefined
    const second = chosen(numbers, spec.picks[2])
    const none = { over: undefined, side: undefined, many: [] }
    if (kind === "source") wired.push({ ...spec, kind, ...none })
    else if (kind === "total") {
      const many = [over, second].flatMap((i) => i ?? [])
      wired.push({ ...spec, kind, ...none, many: spec.withSide ? many : many.slice(0, 1) })
    } else wired.push({ ...spec, kind, over, side, many: [] })
  }
  return wired
}

export type Row = readonly [id: string, value: number]
type Skip = readonly [id: string, stage: string, reason: string]
interface Shard {
  /** What those that stand on it see of it. */
  readonly id: string
  readonly content: ReadonlyArray<string>
  readonly batches: ReadonlyArray<ReadonlyArray<Row>>
  readonly skips: ReadonlyArray<Skip>
  readonly sum: number
}
interface Unit {
  readonly key: string
  readonly over: Shard | undefined
  readonly shards: ReadonlyArray<Shard>
}

export const rowsContent = (batches: ReadonlyArray<ReadonlyArray<Row>>) =>
  JSON.stringify(["rows", batches.filter((batch) => batch.length > 0)])
export const skipsContent = (skips: ReadonlyArray<Skip>) => JSON.stringify(["skips", skips])
export const sumContent = (sum: number) => JSON.stringify(["sum", sum])

/** What a store would hold: contents by key, and the contents that are there. */
export interface ModelStore {
  readonly actions: Map<string, ReadonlyArray<string>>
  readonly artifacts: Set<string>
}

export interface Expected {
  /** Calls that have to be made, each as often as here. */
  readonly exact: ReadonlyArray<string>
  /** Calls of streamed nodes: made once at least. */
  readonly streamed: ReadonlySet<string>
  /** Nodes that compute something, by position. */
  readonly executed: ReadonlySet<number>
  /**
   * Whether another node writes in this run what a recorded unit had lost: that
   * unit is computed again or not, by whether it is looked up before or after.
   */
  readonly either: boolean
}

const stageName = ({ kind, persist }: Wired) =>
  kind === "each" || kind === "batches" || kind === "picky" ? `${kind}-${persist}` : kind
const isWhole = ({ kind }: Wired) => kind === "source" || kind === "keep" || kind === "total"
const isKnown = (node: Wired) => isWhole(node) || node.persist === "always"
const isWritten = (node: Wired) => isKnown(node) || (node.write ?? node.persist === "budget")

/** A shard ends with the row whose hash is the largest of so many before it and so many after it. */
const cutShards = (rows: ReadonlyArray<Row>): ReadonlyArray<ReadonlyArray<Row>> => {
  const hashes = rows.map(([id]) => Hash.small(id))
  const reach = tiny.least
  const ends = hashes.flatMap((hash, at) => {
    const [before, after] = [hashes.slice(Math.max(0, at - reach), at), hashes.slice(at + 1, at + 1 + reach)]
    const isLargest = before.every((other) => other < hash) && after.every((other) => other <= hash)
    return isLargest && before.length === reach && after.length === reach ? [at + 1] : []
  })
  return [...ends, rows.length].map((end, i) => rows.slice(ends[i - 1] ?? 0, end))
}

/** Computes all nodes anew, and from that what an incremental run has to do. Changes the store as the run would. */
export const run = (
  nodes: ReadonlyArray<Wired>,
  files: ReadonlyArray<{ readonly rows: ReadonlyArray<Row>; readonly stamp: number }>,
  targets: ReadonlyArray<number>,
  store: ModelStore,
): Expected => {
  const computed = new Map<number, ReadonlyArray<Unit>>()
  const shardsOf = (index: number | undefined) =>
    index === undefined ? [] : (units(index).flatMap((unit) => unit.shards) ?? [])
  const numbers = (index: number | undefined) =>
    shardsOf(index)
      .flatMap((shard) => shard.batches)
      .filter((batch) => batch.length > 0)
  const seen = (index: number | undefined) => shardsOf(index).map((shard) => shard.id)

  const units = (index: number): ReadonlyArray<Unit> => {
    const done = computed.get(index)
    if (done !== undefined) return done
    const node = nodes[index]
    if (node === undefined) return []
    const side = node.side === undefined ? 0 : (shardsOf(node.side)[0]?.sum ?? 0)
    const formula = (value: number, div = node.div) => Math.floor((value + side + node.add) / div)
    const params = node.kind === "picky" ? [node.div] : node.kind === "source" ? [node.file] : [node.add, node.div]
    const own = [node.as, stageName(node), node.version, params, node.kind === "source" ? files[node.file]?.stamp : 0]
    const shard = (batches: ReadonlyArray<ReadonlyArray<Row>>, skips: ReadonlyArray<Skip>, key: string, sum = 0) => {
      const table = node.kind === "total" ? sumContent(sum) : rowsContent(batches)
      const content = skips.length === 0 ? [table] : [table, skipsContent(skips)]
      return { id: isKnown(node) ? JSON.stringify(content) : key, content, batches, skips, sum }
    }
    const made: Array<Unit> = []
    if (isWhole(node)) {
      const key = JSON.stringify([own, seen(node.over), seen(node.side), node.many.map(seen)])
      if (node.kind === "total") {
        const sum = node.many.flatMap((i) => numbers(i).flat()).reduce((all, [, value]) => all + value, 0)
        made.push({ key, over: undefined, shards: [shard([], [], key, formula(sum))] })
      } else {
        const rows =
          node.kind === "source"
            ? (files[node.file]?.rows ?? [])
            : numbers(node.over)
                .flat()
                .map(([id, value]) => [id, formula(value, 1)] as const)
                .filter(([, value]) => value % node.div !== 0)
        // Rows are written as one batch however they are handed over, as long as they are few.
        made.push({ key, over: undefined, shards: cutShards(rows).map((part) => shard([part], [], key)) })
      }
    } else {
      for (const over of shardsOf(node.over)) {
        const key = JSON.stringify([own, over.id, seen(node.side)])
        const skips = [...over.skips]
        const batches = over.batches.map((batch) =>
          batch.flatMap(([id, value]): ReadonlyArray<Row> => {
            if (node.kind !== "picky") return [[id, formula(value)]]
            if (value % node.div !== 0) return [[id, value]]
            skips.push([id, stageName(node), `${value} is a multiple of ${node.div}`])
            return []
          }),
        )
        made.push({ key, over, shards: [shard(batches, skips, key)] })
      }
    }
    computed.set(index, made)
    return made
  }

  const exact: Array<string> = []
  const streamed = new Set<string>()
  const executed = new Set<number>()
  const before = new Set(store.artifacts)
  const made = new Map<string, ReadonlyArray<string>>()
  const lacking = new Map<string, ReadonlyArray<string>>()
  const present = ({ key }: Unit) => {
    const lacks = store.actions.get(key)?.filter((content) => !before.has(content))
    if (made.has(key) || lacks?.length === 0) return true
    if (lacks !== undefined) lacking.set(key, lacks)
    return false
  }

  const compute = (index: number, node: Wired, unit: Unit) => {
    executed.add(index)
    const calls =
      unit.over === undefined
        ? ["whole"]
        : node.kind === "batches"
          ? unit.over.batches.filter((b) => b.length > 0).map((batch) => batch.map(([id]) => id).join(" "))
          : unit.over.batches.flat().map(([id]) => id)
    for (const call of calls) {
      if (isWritten(node)) exact.push(`${node.as} ${call}`)
      else streamed.add(`${node.as} ${call}`)
    }
    if (isWritten(node)) {
      const contents = unit.shards.flatMap((shard) => shard.content)
      made.set(unit.key, contents)
      store.actions.set(unit.key, contents)
      for (const content of contents) store.artifacts.add(content)
    }
  }
  /** Someone reads a unit: what is not written, or not there, has to be computed. */
  const demand = (index: number | undefined, at: number): void => {
    const node = index === undefined ? undefined : nodes[index]
    const unit = index === undefined ? undefined : units(index)[at]
    if (index === undefined || node === undefined || unit === undefined || isKnown(node)) return
    if (isWritten(node) && present(unit)) return
    compute(index, node, unit)
    demand(node.over, at)
  }
  const chosen = new Set<number>()
  const choose = (index: number | undefined): void => {
    if (index === undefined || chosen.has(index)) return
    chosen.add(index)
    const node = nodes[index]
    for (const input of [node?.over, node?.side, ...(node?.many ?? [])]) choose(input)
  }
  for (const target of targets) choose(target)
  for (const [index, node] of nodes.entries()) {
    if (!chosen.has(index) || !(isKnown(node) || (targets.includes(index) && isWritten(node)))) continue
    for (const [at, unit] of units(index).entries()) {
      if (present(unit)) continue
      compute(index, node, unit)
      if (!isWhole(node)) demand(node.over, at)
      else for (const input of [node.over, ...node.many]) for (const i of shardsOf(input).keys()) demand(input, i)
    }
  }
  const either = [...lacking].some(([key, lacks]) =>
    [...made].some(([other, contents]) => other !== key && contents.some((content) => lacks.includes(content))),
  )
  return { exact, streamed, executed, either }
}
