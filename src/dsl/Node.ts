import type { Table } from "../arrow/Table.ts"
import type { AnyStage } from "./AnyStage.ts"

/** What a node holds for one input: a node, a list of them, or nothing. */
export type Input = Node | ReadonlyArray<Node> | undefined

/** A stage applied to params and nodes. A pure value: nothing has been read, hashed or run. */
export interface Node<out T extends Table = Table> {
  readonly _tag: "Node"
  readonly stage: AnyStage
  /** As written in the pipeline; checked against the stage's schema when the run is planned. */
  readonly params: unknown
  readonly inputs: Readonly<Record<string, Input>>
  readonly table: T
  /** Overrides the label that the stage draws from its params. */
  readonly label: string | undefined
  /** Overrides whether results are written (`budget` and `never` stages only). */
  readonly persist: boolean | undefined
}

/**
 * Gives a node a short name, used in its own name and in those of all that
 * stands on it. Names are no part of a key.
 *
 * @example
 * const val = Node.named(imageFolder({ dir: "val" }).images, "validation")
 */
export const named = <T extends Table>(node: Node<T>, label: string): Node<T> => ({ ...node, label })

/** Decides by hand whether a node's results are written. Keys stay the same. */
export const persisted = <T extends Table>(node: Node<T>, persist: boolean): Node<T> => ({ ...node, persist })

/** Whether a value is a node. */
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "_tag" in value && value._tag === "Node"

/** All nodes that a node takes, with the input each fills. */
export const edges = (node: Node): ReadonlyArray<readonly [input: string, node: Node]> =>
  Object.entries(node.inputs).flatMap(([name, input]) =>
    input === undefined ? [] : isNode(input) ? [[name, input] as const] : input.map((n) => [name, n] as const),
  )
