/** Random pipelines of toy stages, and random changes to them. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Node from "../../src/dsl/Node.ts"
import type * as Table from "../../src/arrow/Table.ts"
import type { Row, Spec, Wired } from "./model.ts"
import type { Numbers, Sum, Toys } from "./toys.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Kinds = Schema.Literals(["each", "batches", "picky", "keep", "total", "source"])
const Persist = Schema.Literals(["always", "budget", "never"])
const Draft = Schema.Struct({
  kind: Kinds,
  persist: Persist,
  add: between(-3, 3),
  div: between(2, 4),
  file: between(0, 2),
  picks: Schema.Tuple([between(0, 50), between(0, 50), between(0, 50)]),
  withSide: Schema.Boolean,
})
export type Draft = typeof Draft.Type
const Change = Schema.Struct({
  what: Schema.Literals([
    "param",
    "bytes",
    "row",
    "touch",
    "code",
    "add",
    "remove",
    "relabel",
    "persist",
    "delete",
    "nothing",
  ]),
  at: between(0, 1000),
  value: between(0, 40),
  node: Draft,
})
export type Change = typeof Change.Type

export const drafts = (maxLength: number) => Arbitrary.array(Arbitrary.schema(Draft), { minLength: 2, maxLength })
export const changes = (maxLength: number) => Arbitrary.array(Arbitrary.schema(Change), { minLength: 1, maxLength })

/** A pipeline, and the files that its sources read. */
export interface World {
  readonly specs: ReadonlyArray<Spec>
  readonly files: ReadonlyArray<ReadonlyArray<Row>>
  readonly named: number
  /** How many names there are for the calls of nodes: with few, many nodes do the same. */
  readonly names: number
}

const toSpec = (draft: Draft, as: string): Spec => ({
  ...draft,
  as,
  version: "1",
  write: undefined,
  label: undefined,
})

const callName = ({ kind, persist }: Draft, index: number, names: number) =>
  names === Infinity ? `n${index}` : `${kind}-${persist}-${index % names}`

export const start = (given: ReadonlyArray<Draft>, names: number): World => ({
  specs: given.map((draft, i) => toSpec(draft, callName(draft, i, names))),
  files: [17, 9, 0].map((rows, file) =>
    Array.from({ length: rows }, (_, i) => [`f${file}r${i}`, (i * 7) % 11] as const),
  ),
  named: given.length,
  names,
})

/** The pipeline after a change. Artifacts are deleted elsewhere. */
export const change = (world: World, { at, node, value, what }: Change): World => {
  const { files, named, specs } = world
  const index = at % Math.max(1, specs.length)
  const edit = (of: (spec: Spec) => Spec): World => ({
    ...world,
    specs: specs.map((spec, i) => (i === index ? of(spec) : spec)),
  })
  const editFile = (of: (rows: ReadonlyArray<Row>) => ReadonlyArray<Row>): World => ({
    ...world,
    files: files.map((rows, i) => (i === at % files.length ? of(rows) : rows)),
  })
  switch (what) {
    case "param":
      return edit((spec) => ({ ...spec, add: spec.add + 1 + (value % 2) }))
    case "bytes":
      return editFile((rows) => rows.map(([id, v], i) => [id, i === value % rows.length ? v + 1 : v]))
    case "row": {
      const removed = (rows: ReadonlyArray<Row>) => rows.toSpliced(value % Math.max(1, rows.length), 1)
      const added = (rows: ReadonlyArray<Row>) =>
        rows.toSpliced(value % (rows.length + 1), 0, [`new${at}v${value}`, value])
      return editFile(value % 2 === 0 ? removed : added)
    }
    case "code":
      return edit((spec) => ({ ...spec, version: String(Number(spec.version) + 1) }))
    case "add":
      return {
        ...world,
        specs: specs.toSpliced(index, 0, toSpec(node, callName(node, named, world.names))),
        named: named + 1,
      }
    case "remove":
      return specs.length < 2 ? world : { ...world, specs: specs.toSpliced(index, 1) }
    case "relabel":
      return edit((spec) => ({ ...spec, label: `label ${value}` }))
    case "persist":
      return edit((spec) => ({ ...spec, write: [true, false, undefined][value % 3] }))
    case "touch":
    case "delete":
    case "nothing":
      return world
  }
}

/** Builds the nodes of a wired pipeline; `toys` gives the stages in a version of their code. */
export const build = (
  wired: ReadonlyArray<Wired>,
  fileOf: (file: number) => string,
  toys: (version: string) => Toys,
): ReadonlyArray<Node.Node> => {
  const numbers = new Map<number, Node.Node<typeof Numbers>>()
  const sums = new Map<number, Node.Node<typeof Sum>>()
  const numbersAt = (index: number | undefined): Node.Node<typeof Numbers> => {
    const node = numbers.get(index ?? -1)
    if (node === undefined) throw new Error(`no node ${index}`)
    return node
  }
  const all: Array<Node.Node> = []
  for (const [index, spec] of wired.entries()) {
    const { add, as, div, kind, label, over, persist, side, write } = spec
    const stages = toys(spec.version)
    const sum = side === undefined ? undefined : sums.get(side)
    const sided = sum === undefined ? {} : { sum }
    const finished = <T extends Table.Table>(node: Node.Node<T>): Node.Node<T> => {
      const named = label === undefined ? node : Node.named(node, label)
      const canChoose = write !== undefined && node.stage.persist !== "always"
      return canChoose ? Node.persisted(named, write) : named
    }
    const add_ = <T extends Table.Table>(map: Map<number, Node.Node<T>>, node: Node.Node<T>) => {
      const done = finished(node)
      map.set(index, done)
      all.push(done)
    }
    switch (kind) {
      case "source":
        add_(numbers, stages.source({ as, file: fileOf(spec.file) }))
        break
      case "each":
        add_(numbers, stages.each[persist]({ numbers: numbersAt(over), ...sided }, { as, add, div }))
        break
      case "batches":
        add_(numbers, stages.batches[persist]({ numbers: numbersAt(over), ...sided }, { as, add, div }))
        break
      case "picky":
        add_(numbers, stages.picky[persist](numbersAt(over), { as, div, policy: "skip" }))
        break
      case "keep":
        add_(numbers, stages.keep({ numbers: numbersAt(over), ...sided }, { as, add, div }))
        break
      case "total":
        add_(sums, stages.total(spec.many.map(numbersAt), { as, add, div }))
        break
    }
  }
  return all
}
