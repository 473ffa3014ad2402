/** Which encoders results stand on, and what these were made of. */
import { basename } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import * as Table from "../arrow/Table.ts"
import { closure, type Dag, type DagNode, inputsOf } from "../dsl/Dag.ts"
import * as Hash from "../hash/Hash.ts"
import type { Found } from "../run/Inspect.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"

/** What an encoder in another precision records of itself, beside its model. */
export const Converted = Table.whole("encoder", {
  precision: "utf8",
  bytesBefore: "float64",
  bytes: "float64",
  weights: "int32",
  images: "int32",
  drawn: "utf8",
  meanCosine: "float64",
  leastCosine: "float64",
  deviation: "float64",
})

/** An encoder that is used. */
export interface Encoder {
  /** The node's name and position. */
  readonly name: string
  readonly index: number
  /** The name of the file that it is from; undefined where the pipeline makes it. */
  readonly file: string | undefined
  /** The stage that reads or makes it. */
  readonly stage: string
  /** The hashes of its file and of those beside it, or the commit that it is of; empty where its stage takes neither. */
  readonly hashes: ReadonlyArray<string>
  /** How it differs from the one in float32 that it is made of; undefined where it is that one. */
  readonly converted: Table.Row<typeof Converted> | undefined
  /** onnxruntime's providers that have computed with it. */
  readonly providers: ReadonlyArray<string>
}

type Find = (node: DagNode) => Effect.Effect<Found | undefined, StoreError>

const isEncoder = ({ stage }: DagNode): boolean => stage.output.name === Converted.name

/** From an encoder to what it is made of: of those that encoders are made of the first, and so on. */
const origins = (dag: Dag, node: DagNode): ReadonlyArray<DagNode> => {
  const before = inputsOf(node).flatMap((index) => dag.nodes[index] ?? [])
  const encoder = before.find(isEncoder)
  return encoder === undefined ? [node] : [node, ...origins(dag, encoder)]
}

/** The encoders among some nodes that others of them use; a single node may be one itself. */
const used = (among: ReadonlyArray<DagNode>): ReadonlyArray<DagNode> => {
  const taken = new Set(among.filter((node) => !isEncoder(node)).flatMap(inputsOf))
  const last = among.at(-1)
  return among.filter((node) => isEncoder(node) && (taken.has(node.index) || node === last))
}

/** The name of its file, behind the repository of a hub where it is from one. */
const fileOf = ({ canonical }: DagNode): string | undefined => {
  if (typeof canonical !== "object" || canonical === null || !("file" in canonical)) return undefined
  if (typeof canonical.file !== "string") return undefined
  const inHub = "repository" in canonical && typeof canonical.repository === "string"
  return inHub ? `${canonical.repository}/${canonical.file}` : basename(canonical.file)
}

/** What of a source's stamp names a content: hashes of files, or the commit of a hub's repository. */
const hashesOf = (stamp: string): ReadonlyArray<string> =>
  stamp.split(" ").flatMap((part) => {
    if (Hash.isHash(part)) return [part]
    return /^[0-9a-f]{40}$/u.test(part) ? [`commit ${part}`] : []
  })

const convertedOf = Effect.fnUntraced(function* ({ actions, table }: Found) {
  const [beside] = actions.flatMap(({ outputs }) => outputs.flatMap(({ aside }) => aside ?? []))
  if (beside === undefined || !Object.keys(Converted.columns).every((name) => table.aside.includes(name))) {
    return undefined
  }
  const store = yield* Store
  const [batch] = yield* Stream.runCollect(store.read(Converted, { table: beside }))
  return batch === undefined || Batch.rowCount(Converted, batch) === 0 ? undefined : Batch.row(Converted, batch, 0)
})

const describe = Effect.fnUntraced(function* (dag: Dag, among: ReadonlyArray<DagNode>, node: DagNode, find: Find) {
  const chain = origins(dag, node)
  const origin = chain.at(-1) ?? node
  const source = yield* find(origin)
  const found = yield* Effect.forEach(chain.slice(0, -1), find)
  const converted = yield* Effect.forEach(
    found.filter((one) => one !== undefined),
    // Where this cannot be read all else is said nevertheless: `pipeline run` makes it again.
    (one) => Effect.catch(convertedOf(one), () => Effect.undefined),
  )
  const users = yield* Effect.forEach(
    among.filter((other) => !isEncoder(other) && inputsOf(other).includes(node.index)),
    find,
  )
  return {
    name: node.name,
    index: node.index,
    file: fileOf(origin),
    stage: origin.stage.name,
    hashes: hashesOf(source?.actions[0]?.parts.stamp ?? ""),
    converted: converted.find((one) => one !== undefined),
    providers: [...new Set(users.flatMap((user) => user?.actions[0]?.parts.environment["provider"] ?? []))],
  } satisfies Encoder
})

/** The encoders that a node stands on, or all of a pipeline; a node that is an encoder is told of itself. */
export const encoders = Effect.fn("report.encoders")(function* (dag: Dag, of: DagNode | undefined, find: Find) {
  const among = of === undefined ? dag.nodes : closure(dag, [of.index]).flatMap((index) => dag.nodes[index] ?? [])
  return yield* Effect.forEach(used(among), (node) => describe(dag, among, node, find))
})
