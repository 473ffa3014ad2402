import type { Plan, PlannedNode } from "../plan/State.ts"
import { count, counted } from "./format.ts"
import { grid } from "./grid.ts"
import { due, inState, sign, some, states, tally, why } from "./state.ts"
import type { Style } from "./style.ts"

const totals = (nodes: ReadonlyArray<PlannedNode>): string => {
  const counts = tally(nodes)
  const parts = states.flatMap((state) => (counts[state] === 0 ? [] : [`${count(counts[state])} ${state}`]))
  return `${counted(nodes.length, "node")}: ${parts.join(", ")}`
}

/** What is said where there is nothing to compute. */
export const nothingToDo = (pipeline: string, nodes: number): string =>
  `${pipeline}: ${nodes === 1 ? "the one node is" : `all ${count(nodes)} nodes are`} fresh, nothing to do`

/** What a run would compute and why, a line a node, then the counts. */
export const dryRun = (plan: Plan, style: Style): ReadonlyArray<string> => {
  const rows = due(plan).map(({ name, shards, state }) => [
    sign(style, state._tag),
    name,
    inState(style, state._tag, state._tag),
    shards === undefined || shards.total < 2
      ? ""
      : `${count(shards.total - shards.fresh)}/${count(shards.total)} shards`,
    why(state),
  ])
  if (rows.length === 0) return [nothingToDo(plan.pipeline, plan.nodes.length)]
  return [...grid(rows, ["left", "left", "left", "right", "left"]), `${plan.pipeline}: ${totals(plan.nodes)}`]
}

// Reasons that many nodes share are said once, and of what nodes wait for only the stages are named.
const reasons = (nodes: ReadonlyArray<PlannedNode>, stageOf: (node: string) => string): string => {
  const groups = [...Map.groupBy(nodes, ({ state }) => (state._tag === "waiting" ? "" : why(state)))]
    .filter(([reason]) => reason !== "")
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, same]) => (same.length === 1 ? reason : `${reason} (${count(same.length)})`))
  const awaited = new Set(nodes.flatMap(({ state }) => (state._tag === "waiting" ? state.for.map(stageOf) : [])))
  return some([...groups, ...(awaited.size === 0 ? [] : [`waiting for ${some([...awaited])}`])], "; ")
}

/** A line a stage: how many of its nodes are in which state, and why they are not fresh. */
export const status = (plan: Plan, style: Style): ReadonlyArray<string> => {
  const stageOf = new Map(plan.nodes.map(({ name, stage }) => [name, stage]))
  const stages = [...Map.groupBy(plan.nodes, ({ stage }) => stage)]
  const rows = stages.map(([stage, nodes]) => {
    const counts = tally(nodes)
    return [
      stage,
      ...states.map((state) =>
        counts[state] === 0
          ? ""
          : inState(style, state, `${sign({ ...style, colour: false }, state)} ${count(counts[state])} ${state}`),
      ),
      reasons(nodes, (node) => stageOf.get(node) ?? node),
    ]
  })
  return [...grid(rows, []), `${plan.pipeline}: ${totals(plan.nodes)}`]
}
