import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { canonical, CanonicalError } from "../hash/canonical.ts"
import { badParams } from "./badParams.ts"
import { isNode, type Node } from "./Node.ts"
import { type Pipeline, PipelineError } from "./Pipeline.ts"
import { names } from "./names.ts"
import type { AnyStage, Persist, Slot } from "./Stage.ts"

/** Positions of the nodes that fill an input: one, a list, or none. */
export type Positions = number | ReadonlyArray<number> | undefined

/** A node among all of a pipeline: params checked, equal nodes made one. */
export interface DagNode {
  readonly index: number
  readonly name: string
  readonly stage: AnyStage
  /** Params as the stage reads them. */
  readonly params: unknown
  /** Params in the form that is hashed, with defaults filled in. */
  readonly canonical: Schema.Json
  readonly inputs: Readonly<Record<string, Positions>>
  readonly persist: Persist
  /** Decided by hand whether results are written; undefined where the stage decides. */
  readonly write: boolean | undefined
  readonly target: string | undefined
}

/** All nodes of a pipeline, inputs before what stands on them. */
export interface Dag {
  readonly pipeline: string
  readonly directory: string
  readonly nodes: ReadonlyArray<DagNode>
  readonly targets: Readonly<Record<string, number>>
}

/** The positions in a list or a single one. */
export const positions = (input: Positions): ReadonlyArray<number> =>
  input === undefined ? [] : typeof input === "number" ? [input] : input

/** Positions of all nodes that a node takes, in order, each once. */
export const inputsOf = (node: Pick<DagNode, "inputs">): ReadonlyArray<number> => [
  ...new Set(Object.values(node.inputs).flatMap(positions)),
]

/** Positions of all nodes that the given ones stand on, themselves included, in order. */
export const closure = (dag: Dag, from: ReadonlyArray<number>): ReadonlyArray<number> => {
  const seen = new Set<number>()
  const open = [...from]
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const node = dag.nodes[index]
    if (node === undefined || seen.has(index)) continue
    seen.add(index)
    open.push(...inputsOf(node))
  }
  return [...seen].sort((a, b) => a - b)
}

const accepts = (slot: Slot | undefined, filled: unknown): boolean => {
  if (slot === undefined) return false
  if (!("slot" in slot)) return isNode(filled)
  return slot.slot === "many" ? Array.isArray(filled) && filled.every(isNode) : filled === undefined || isNode(filled)
}

/** A value as JSON has it, members that are `undefined` left out. */
const toJson = (value: unknown) =>
  Result.flatMap(
    Result.try({
      try: () => canonical(value),
      catch: (cause) =>
        cause instanceof CanonicalError ? cause : new CanonicalError({ message: String(cause), path: "$" }),
    }),
    Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Json)),
  )

const strict = { onExcessProperty: "error", errors: "all", reportInput: true } as const

const checkParams = (node: Node, nameOf: () => string) =>
  Schema.decodeUnknownResult(
    node.stage.params,
    strict,
  )(node.params).pipe(
    Result.flatMap((params) =>
      Schema.encodeUnknownResult(node.stage.params)(params).pipe(
        Result.flatMap(toJson),
        Result.map((canonical) => ({ params, canonical })),
      ),
    ),
    Result.mapError((error) => {
      const name = nameOf()
      return new PipelineError({
        node: name,
        message: `bad params of ${name}: ${error._tag === "SchemaError" ? badParams(error.issue) : error.message}`,
        hint: `the params of ${node.stage.name} are described beside its declaration`,
      })
    }),
  )

const checkShape = (node: Node): string | undefined => {
  for (const name of Object.keys(node.inputs)) {
    if (!(name in node.stage.inputs)) return `no input named ${name}`
  }
  for (const [name, slot] of Object.entries(node.stage.inputs)) {
    if (!accepts(slot, node.inputs[name])) return `input ${name} is missing or not a node of ${node.stage.name}'s kind`
    const wanted = "slot" in slot ? slot.table : slot
    const filled = node.inputs[name]
    for (const given of filled === undefined ? [] : isNode(filled) ? [filled] : filled) {
      if (given.table.name !== wanted.name) return `input ${name} takes ${wanted.name}, not ${given.table.name}`
    }
  }
  if (node.persist !== undefined && node.stage.persist === "always") return "its results are always written"
  return undefined
}

/**
 * Lays a pipeline out: checks every node's params and inputs, makes equal nodes
 * one, names them. Two nodes are equal when stage, params and inputs are; labels
 * do not count.
 */
export const make = Effect.fnUntraced(function* (pipeline: Pipeline): Effect.fn.Return<Dag, PipelineError> {
  const stages = new Map<AnyStage, number>()
  const byNode = new Map<Node, number>()
  const byContent = new Map<string, number>()
  const drafts: Array<Omit<DagNode, "name" | "target"> & { label: string | undefined }> = []

  const add = Effect.fnUntraced(function* (node: Node): Effect.fn.Return<void, PipelineError> {
    const stage = node.stage
    const inputs: Record<string, Positions> = {}
    for (const [name, input] of Object.entries(node.inputs)) {
      const at = (n: Node) => byNode.get(n) ?? -1
      inputs[name] = input === undefined ? undefined : isNode(input) ? at(input) : input.map(at)
    }
    // The name that it would have if its params said nothing of it: what its stage calls it cannot be asked.
    const nameOf = () => {
      const draft = { stage, canonical: {}, below: inputsOf({ inputs }), label: node.label }
      return names([...drafts.map((known) => ({ ...known, below: inputsOf(known) })), draft]).at(-1) ?? stage.name
    }
    const { params, canonical: written } = yield* Effect.fromResult(checkParams(node, nameOf))
    if (!stages.has(stage)) stages.set(stage, stages.size)
    const content = canonical([
      stages.get(stage) ?? -1,
      written,
      Object.entries(inputs).map(([k, v]) => [k, v ?? null]),
    ])
    const known = byContent.get(content)
    if (known !== undefined) {
      const draft = drafts[known]
      if (draft !== undefined) {
        drafts[known] = { ...draft, label: node.label ?? draft.label, write: node.persist ?? draft.write }
      }
      byNode.set(node, known)
      return
    }
    const index = drafts.length
    byContent.set(content, index)
    byNode.set(node, index)
    drafts.push({
      index,
      stage,
      params,
      canonical: written,
      inputs,
      persist: stage.persist,
      write: node.persist,
      label: node.label ?? stage.label?.(params),
    })
  })

  // Depth first without recursion: a chain may be as long as the pipeline.
  const open: Array<Node> = Object.values(pipeline.targets).toReversed()
  while (open.length > 0) {
    const node = open[open.length - 1]
    if (node === undefined) break
    if (byNode.has(node)) {
      open.pop()
      continue
    }
    const wrong = checkShape(node)
    if (wrong !== undefined) {
      return yield* new PipelineError({ node: node.stage.name, message: `${node.stage.name}: ${wrong}` })
    }
    const missing = Object.values(node.inputs)
      .flatMap((input) => (input === undefined ? [] : isNode(input) ? [input] : input))
      .filter((input) => !byNode.has(input))
    if (missing.length > 0) {
      open.push(...missing.toReversed())
      continue
    }
    yield* add(node)
    open.pop()
  }

  const targets = Object.fromEntries(
    Object.entries(pipeline.targets).map(([name, node]) => [name, byNode.get(node) ?? -1]),
  )
  const targetOf = new Map(Object.entries(targets).map(([name, index]) => [index, name]))
  const named = names(drafts.map((draft) => ({ ...draft, below: inputsOf(draft) })))
  return {
    pipeline: pipeline.name,
    directory: pipeline.directory,
    targets,
    nodes: drafts.map(({ label: _, ...draft }, index) => ({
      ...draft,
      name: named[index] ?? draft.stage.name,
      target: targetOf.get(index),
    })),
  }
})
