import type { Plan, State } from "../../plan/State.ts"
import { fold } from "./fold.ts"
import { type Grid, grid, patternOf, titleOf } from "./grid.ts"
import { type Kind, subjects } from "./subjects.ts"

/** How a node stands, in a plan or while a run lasts. */
export type Mark = State["_tag"] | "running" | "blocked"

/** What a node's work came to, as far as it is known. */
export interface Figures {
  /** Time at work, all shards together. */
  readonly seconds?: number
  readonly rows?: number
  /** What it takes on disk. */
  readonly bytes?: number
}

/** What a plan does not say of a node. */
export interface About {
  /** The table it gives, by which what is like it is called. */
  readonly kind: Kind
  readonly figures: Figures
}

/** A node as it is drawn. */
export interface PictureNode {
  readonly name: string
  readonly stage: string
  readonly target?: string
  readonly mark: Mark
  /** Why it is in that state; empty where the state says it all. */
  readonly reason: string
  readonly shards?: { readonly total: number; readonly fresh: number }
  readonly figures: Figures
  /** Positions of the nodes it takes. */
  readonly inputs: ReadonlyArray<number>
}

/** Nodes that are alike, drawn as one until it is unfolded. */
export interface Box {
  /** A node's name where it is the only one, otherwise the stage's or, for several stages, that of their table. */
  readonly title: string
  /** What its nodes have in common, as a pattern of their names; empty where it adds nothing. */
  readonly pattern: string
  /** What it is a box of: `8 encoders × 7 sets`; empty where that is not known. */
  readonly dims: string
  readonly nodes: ReadonlyArray<number>
  readonly grid: Grid
}

/** A pipeline as it is drawn: plain data, so that it can be sent to a page. */
export interface Picture {
  readonly pipeline: string
  readonly nodes: ReadonlyArray<PictureNode>
  /** Boxes before those that stand on them. */
  readonly boxes: ReadonlyArray<Box>
  /** From box to box, each pair once. */
  readonly edges: ReadonlyArray<readonly [from: number, to: number]>
}

const reasonOf = (state: State): string => {
  switch (state._tag) {
    case "fresh":
    case "streamed":
      return ""
    case "stale":
      return state.reason
    case "waiting":
      return state.for.length === 0 ? "" : `for ${state.for.join(", ")}`
    case "failed":
      return state.message
  }
}

/** The picture of a plan. `about` has an entry for each of its nodes, in their order. */
export const make = (plan: Plan, about: ReadonlyArray<About>): Picture => {
  const nodes = plan.nodes.map((node, at): PictureNode => ({
    name: node.name,
    stage: node.stage,
    mark: node.state._tag,
    reason: reasonOf(node.state),
    figures: about[at]?.figures ?? {},
    inputs: node.inputs,
    ...(node.target === undefined ? {} : { target: node.target }),
    ...(node.shards === undefined ? {} : { shards: node.shards }),
  }))
  const kinds = nodes.map((_, at): Kind => about[at]?.kind ?? { table: "", rowWise: false })
  const named = subjects(nodes, kinds)
  const { edges, groups } = fold(
    nodes,
    kinds.map(({ table }) => table),
  )
  const boxes = groups.map((members): Box => {
    const laid = grid(members, named)
    return {
      title: titleOf(
        members.flatMap((at) => nodes[at] ?? []),
        kinds[members[0] ?? -1]?.table ?? "",
      ),
      pattern: patternOf(
        members.flatMap((at) => nodes[at] ?? []),
        members.flatMap((at) => named.of[at] ?? []),
      ),
      dims: laid.dims,
      nodes: members,
      grid: laid.grid,
    }
  })
  return { pipeline: plan.pipeline, nodes, boxes, edges }
}

/** Which box each node is in. */
export const boxOf = (picture: Picture): ReadonlyArray<number> => {
  const at = picture.nodes.map(() => -1)
  picture.boxes.forEach((box, index) => {
    for (const node of box.nodes) at[node] = index
  })
  return at
}
