import type { Plan, PlannedNode } from "../plan/State.ts"
import { toJson } from "./plannedNode.ts"
import { inState, inWords, sign, states } from "./state.ts"
import { paint, plain, type Style } from "./style.ts"

const described = (node: PlannedNode): string => `${sign(plain, node.state._tag)} ${inWords(node.state)}`

const roots = (plan: Plan): ReadonlyArray<number> => {
  const used = new Set(plan.nodes.flatMap(({ inputs }) => inputs))
  return plan.nodes.flatMap((node, at) => (node.target !== undefined || !used.has(at) ? [at] : []))
}

/** A tree from the targets down to what they stand on. What has been shown above is not taken apart again. */
export const tree = (plan: Plan, style: Style): ReadonlyArray<string> => {
  interface Open {
    readonly at: number
    readonly first: string
    readonly next: string
  }
  const lines: Array<string> = []
  const seen = new Set<number>()
  // A stack, not recursion: a chain may be as long as the pipeline.
  const open: Array<Open> = roots(plan)
    .toReversed()
    .map((at) => ({ at, first: "", next: "" }))
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const { at, first, next } = top
    const node = plan.nodes[at]
    if (node === undefined || (first === "" && seen.has(at))) continue
    const above = seen.has(at) && node.inputs.length > 0
    const name =
      first === "" && node.target !== undefined && node.target !== node.name
        ? `${node.target} = ${node.name}`
        : node.name
    const state = inState(style, node.state._tag, inWords(node.state))
    const again = above ? paint(style, "quiet", "  (above)") : ""
    lines.push(`${paint(style, "quiet", first)}${sign(style, node.state._tag)} ${name}  ${state}${again}`)
    seen.add(at)
    if (above) continue
    node.inputs.forEach((_, index) => {
      const reversed = node.inputs.length - 1 - index
      const last = index === 0
      const input = node.inputs[reversed]
      if (input !== undefined) {
        open.push({ at: input, first: `${next}${last ? "└─ " : "├─ "}`, next: `${next}${last ? "   " : "│  "}` })
      }
    })
  }
  return lines
}

const fills = {
  fresh: "#d7f0d7",
  stale: "#fff0c2",
  waiting: "#d5ecf5",
  failed: "#f8d0d0",
  streamed: "#eeeeee",
} as const

/** Graphviz DOT, inputs on the left. */
export const dot = (plan: Plan): ReadonlyArray<string> => {
  const quote = (text: string) =>
    `"${text
      .replaceAll("\\", "\\\\")
      .replaceAll('"', '\\"')
      .replaceAll(/[\r\n]+/g, "\\n")}"`
  return [
    `digraph ${quote(plan.pipeline)} {`,
    "  rankdir=LR",
    '  node [shape=box, style="filled,rounded", fontname="sans-serif"]',
    ...plan.nodes.map((node, at) => {
      const label = quote(`${node.name}\n${described(node)}`)
      const outline = node.target === undefined ? "" : ", penwidth=2"
      return `  n${at} [label=${label}, fillcolor="${fills[node.state._tag]}"${outline}]`
    }),
    ...plan.nodes.flatMap((node, at) => node.inputs.map((input) => `  n${input} -> n${at}`)),
    "}",
  ]
}

/** A Mermaid flow chart, inputs on the left. */
export const mermaid = (plan: Plan): ReadonlyArray<string> => {
  const escape = (text: string) =>
    text.replaceAll(/[&#"<>`|\\[\]{}]/g, (letter) => `#${letter.charCodeAt(0)};`).replaceAll(/[\r\n]+/g, " ")
  return [
    "flowchart LR",
    ...states.map((state) => `  classDef ${state} fill:${fills[state]},stroke:#666,color:#111`),
    ...plan.nodes.map(
      (node, at) => `  n${at}["${escape(node.name)}<br/>${escape(described(node))}"]:::${node.state._tag}`,
    ),
    ...plan.nodes.flatMap((node, at) => node.inputs.map((input) => `  n${input} --> n${at}`)),
  ]
}

/** The plan as JSON: every node with its state and the names of its inputs. */
export const json = (plan: Plan): ReadonlyArray<string> => [
  JSON.stringify(
    {
      pipeline: plan.pipeline,
      nodes: plan.nodes.map((node) => ({
        ...toJson(node),
        inputs: node.inputs.flatMap((at) => plan.nodes[at]?.name ?? []),
      })),
    },
    undefined,
    2,
  ),
]
