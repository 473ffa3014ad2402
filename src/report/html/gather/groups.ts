import { closure, type Dag, type DagNode } from "../../../dsl/Dag.ts"
import type { Table } from "../../../arrow/Table.ts"

/** Nodes that speak of one benchmark: a leaderboard, and what else stands on the same results. */
export interface Group {
  readonly title: string
  readonly nodes: ReadonlyArray<DagNode>
}

/** The share of what two nodes stand on that both stand on. */
const shared = (a: ReadonlySet<number>, b: ReadonlySet<number>): number => a.intersection(b).size / a.union(b).size

/**
 * Sorts nodes by the benchmark that they speak of. Each leaderboard makes one;
 * any other node goes with the leaderboard that has most in common with it, or
 * with other such nodes where there is none. Targets go before what they stand
 * on: a table that a target gives is not looked for further down.
 */
export const groups = (
  dag: Dag,
  boards: ReadonlyArray<DagNode>,
  others: ReadonlyArray<DagNode>,
): ReadonlyArray<Group> => {
  const below = new Map([...boards, ...others].map(({ index }) => [index, new Set(closure(dag, [index]))]))
  const standsOn = (node: DagNode): ReadonlySet<number> => below.get(node.index) ?? new Set()
  const found: Array<{ readonly anchor: DagNode; readonly nodes: Array<DagNode> }> = firsts(boards).map((anchor) => ({
    anchor,
    nodes: [anchor],
  }))
  for (const node of others) {
    const [best] = found
      .map((group) => ({ group, score: shared(standsOn(group.anchor), standsOn(node)) }))
      .toSorted((a, b) => b.score - a.score)
    if (best !== undefined && best.score > 0) best.group.nodes.push(node)
    else found.push({ anchor: node, nodes: [node] })
  }
  return found.map(({ anchor, nodes }) => ({ title: anchor.target ?? anchor.name, nodes }))
}

/** The targets among some nodes, or all of them where none is one. */
const firsts = (nodes: ReadonlyArray<DagNode>): ReadonlyArray<DagNode> => {
  const targets = nodes.filter(({ target }) => target !== undefined)
  return targets.length === 0 ? nodes : targets
}

/** The nodes of a group that give a table, targets alone where there are any. */
export const giving = (group: Group, table: Table): ReadonlyArray<DagNode> =>
  firsts(group.nodes.filter(({ stage }) => stage.output.name === table.name))
