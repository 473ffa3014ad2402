import { bytes, count, counted, duration } from "../format.ts"
import type { Box, Figures, Mark, Picture, PictureNode } from "./Picture.ts"

/** The marks in the order in which they are listed: what wants attention last. */
export const marks: ReadonlyArray<Mark> = ["fresh", "streamed", "waiting", "stale", "running", "blocked", "failed"]

/** How many of a box's nodes have each mark, those that none has left out. */
export const tally = (nodes: ReadonlyArray<PictureNode>): ReadonlyArray<readonly [mark: Mark, nodes: number]> => {
  const counts = new Map<Mark, number>()
  for (const { mark } of nodes) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  return marks.flatMap((mark) => {
    const found = counts.get(mark)
    return found === undefined ? [] : [[mark, found] as const]
  })
}

/** The nodes of a box. */
export const members = (picture: Picture, box: Box): ReadonlyArray<PictureNode> =>
  box.nodes.flatMap((at) => picture.nodes[at] ?? [])

const sum = (all: ReadonlyArray<number | undefined>): number | undefined => {
  const known = all.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, one) => total + one, 0)
}

/** The figures of several nodes together. */
export const total = (nodes: ReadonlyArray<PictureNode>): Figures => {
  const [seconds, rows, size] = [
    sum(nodes.map(({ figures }) => figures.seconds)),
    sum(nodes.map(({ figures }) => figures.rows)),
    sum(nodes.map(({ figures }) => figures.bytes)),
  ]
  return {
    ...(seconds === undefined ? {} : { seconds }),
    ...(rows === undefined ? {} : { rows }),
    ...(size === undefined ? {} : { bytes: size }),
  }
}

/** Figures by name, as far as they are known. */
export const facts = (self: Figures): ReadonlyArray<readonly [name: string, value: string]> => [
  ...(self.seconds === undefined ? [] : [["time", duration(self.seconds)] as const]),
  ...(self.rows === undefined ? [] : [["rows", count(self.rows)] as const]),
  ...(self.bytes === undefined ? [] : [["size", bytes(self.bytes)] as const]),
]

/** Figures in words, one by one: `1.2 s`, `4,096 rows`, `33 MB`. */
export const figures = (self: Figures): ReadonlyArray<string> =>
  facts(self).map(([name, value]) => (name === "rows" ? `${value} ${self.rows === 1 ? "row" : "rows"}` : value))

/** A node's state with its reason: `stale: param crop 48 -> 56`. */
export const stateOf = ({ mark, reason }: Pick<PictureNode, "mark" | "reason">): string =>
  reason === "" ? mark : mark === "waiting" ? `waiting ${reason}` : `${mark}: ${reason}`

const shardsOf = ({ shards }: PictureNode): ReadonlyArray<string> =>
  shards === undefined || shards.total < 2 ? [] : [`${count(shards.fresh)} of ${count(shards.total)} shards fresh`]

/** All there is to say of a node, a line each. */
export const ofNode = (node: PictureNode): ReadonlyArray<string> =>
  [
    node.target === undefined || node.target === node.name ? node.name : `${node.target} = ${node.name}`,
    stateOf(node),
    [...figures(node.figures), ...shardsOf(node)].join(", "),
  ].filter((line) => line !== "")

// Of what nodes wait for only the stages are named: each waits for others.
const shared = (node: PictureNode): string => {
  if (node.mark !== "waiting") return stateOf(node)
  const stages = node.reason.replaceAll(/\([^)]*\)/g, "").split(", ")
  return `waiting ${[...new Set(stages)].join(", ")}`
}

/** The reasons that nodes have for their state, each once with how many share it, the most frequent first. */
export const reasons = (nodes: ReadonlyArray<PictureNode>, most = 4): ReadonlyArray<string> => {
  const told = nodes.filter(({ reason }) => reason !== "")
  const groups = [...Map.groupBy(told, shared)].toSorted(([, a], [, b]) => b.length - a.length)
  const first = groups
    .slice(0, most)
    .map(([words, same]) => (same.length === 1 ? words : `${words} (${count(same.length)})`))
  return groups.length <= most ? first : [...first, `and ${counted(groups.length - most, "reason")} more`]
}

/** How many nodes are in which state: `54 fresh, 2 stale`. */
export const counts = (nodes: ReadonlyArray<PictureNode>): string =>
  tally(nodes)
    .map(([mark, found]) => `${count(found)} ${mark}`)
    .join(", ")

/** All there is to say of a box, a line each. */
export const ofBox = (picture: Picture, box: Box): ReadonlyArray<string> => {
  const nodes = members(picture, box)
  const [only, ...others] = nodes
  if (only !== undefined && others.length === 0) return ofNode(only)
  return [
    `${box.title}${box.pattern.startsWith("(") ? box.pattern : box.pattern === "" ? "" : `: ${box.pattern}`}`,
    [box.dims, counted(nodes.length, "node")].filter((part) => part !== "").join(", "),
    counts(nodes),
    figures(total(nodes)).join(", "),
    ...reasons(nodes),
  ].filter((line) => line !== "")
}
