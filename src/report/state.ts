import type { Plan, PlannedNode, State } from "../plan/State.ts"
import { type Look, paint, type Style } from "./style.ts"

const looks: { readonly [K in State["_tag"]]: { readonly sign: string; readonly look: Look } } = {
  fresh: { sign: "✓", look: "good" },
  stale: { sign: "●", look: "attention" },
  waiting: { sign: "◌", look: "waiting" },
  failed: { sign: "✗", look: "bad" },
  streamed: { sign: "~", look: "quiet" },
}

/** The states in the order in which they are listed. */
export const states: ReadonlyArray<State["_tag"]> = ["fresh", "stale", "waiting", "failed", "streamed"]

/** The sign of a state. */
export const sign = (style: Style, state: State["_tag"]): string => paint(style, looks[state].look, looks[state].sign)

/** A text in the look of a state. */
export const inState = (style: Style, state: State["_tag"], text: string): string =>
  paint(style, looks[state].look, text)

/** Some names, the first few in full. */
export const some = (names: ReadonlyArray<string>, between = ", "): string => {
  const first = names.slice(0, 3).join(between)
  return names.length <= 3 ? first : `${first} and ${names.length - 3} more`
}

const firstLine = (text: string): string => {
  const [first = "", ...rest] = text.split("\n")
  return rest.length === 0 ? first : `${first} …`
}

/** Why a node is in its state, in a line; empty where the state says it all. */
export const why = (state: State): string => {
  switch (state._tag) {
    case "fresh":
    case "streamed":
      return ""
    case "stale":
      return firstLine(state.reason)
    case "waiting":
      return `for ${some(state.for)}`
    case "failed":
      return firstLine(state.message)
  }
}

/** A state in words, with its reason: `stale: the params changed`. */
export const inWords = (state: State): string => {
  const reason = why(state)
  if (reason === "") return state._tag
  return state._tag === "waiting" ? `waiting ${reason}` : `${state._tag}: ${reason}`
}

/** How many nodes are in each state. */
export const tally = (nodes: ReadonlyArray<PlannedNode>): { readonly [K in State["_tag"]]: number } => {
  const counts = { fresh: 0, stale: 0, waiting: 0, failed: 0, streamed: 0 }
  for (const node of nodes) counts[node.state._tag]++
  return counts
}

/** The nodes that a run would compute, or might. */
export const due = (plan: Plan): ReadonlyArray<PlannedNode> =>
  plan.nodes.filter(({ state }) => state._tag !== "fresh" && state._tag !== "streamed")
