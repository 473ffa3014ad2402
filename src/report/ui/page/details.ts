/// <reference lib="dom" />
import type { Box, Picture, PictureNode } from "../../picture/Picture.ts"
import * as words from "../../picture/words.ts"
import { count } from "../../format.ts"
import { element, sign } from "./dom.ts"
import { usersOf } from "./lineage.ts"

/** Longer lists are cut, so that the panel comes up at once. */
const listed = 40

const list = (picture: Picture, title: string, nodes: ReadonlyArray<number>): ReadonlyArray<HTMLElement> => {
  if (nodes.length === 0) return []
  const items = nodes.slice(0, listed).flatMap((at) => {
    const node = picture.nodes[at]
    if (node === undefined) return []
    const button = element("button", { type: "button", "data-node": `${at}` }, sign(node.mark), ` ${node.name}`)
    return [element("li", {}, button)]
  })
  const rest = nodes.length > listed ? [element("li", {}, `and ${count(nodes.length - listed)} more`)] : []
  return [element("h3", {}, `${title} (${count(nodes.length)})`), element("ul", {}, ...items, ...rest)]
}

const facts = (pairs: ReadonlyArray<readonly [name: string, value: string | undefined]>): HTMLElement =>
  element(
    "dl",
    {},
    ...pairs.flatMap(([name, value]) =>
      value === undefined || value === "" ? [] : [element("dt", {}, name), element("dd", {}, value)],
    ),
  )

const ofNode = (picture: Picture, at: number, node: PictureNode): ReadonlyArray<HTMLElement> => {
  const [state = "", ...more] = words.stateOf(node).split("\n")
  return [
    element("h2", {}, node.name),
    element("p", { class: "rs-state" }, sign(node.mark), ` ${state}`),
    ...more.map((line) => element("p", {}, line)),
    facts([
      ["target", node.target],
      ["stage", node.stage],
      ...words.facts(node.figures),
      ["shards", node.shards === undefined ? undefined : `${node.shards.fresh} of ${node.shards.total} fresh`],
    ]),
    ...list(picture, "takes", node.inputs),
    ...list(picture, "taken by", usersOf(picture, at)),
  ]
}

const ofBox = (picture: Picture, box: Box): ReadonlyArray<HTMLElement> => {
  const nodes = words.members(picture, box)
  const reasons = words.reasons(nodes, listed).map((reason) => element("li", {}, reason))
  return [
    element("h2", {}, box.title),
    ...words
      .tally(nodes)
      .map(([mark, found]) => element("p", { class: "rs-state" }, sign(mark), ` ${count(found)} ${mark}`)),
    facts([
      ["nodes", [box.dims, count(nodes.length)].filter((one) => one !== "").join(", ")],
      ["of", box.pattern],
      ...words.facts(words.total(nodes)),
    ]),
    ...(reasons.length === 0 ? [] : [element("h3", {}, "why"), element("ul", {}, ...reasons)]),
    ...list(picture, "nodes", box.nodes),
  ]
}

/** What the panel is about. */
export type Subject = { readonly node: number } | { readonly box: number }

/** All there is to say of a node or a box, as the content of the panel. */
export const details = (picture: Picture, what: Subject): ReadonlyArray<HTMLElement> => {
  if ("node" in what) {
    const node = picture.nodes[what.node]
    return node === undefined ? [] : ofNode(picture, what.node, node)
  }
  const box = picture.boxes[what.box]
  const [only, ...others] = box?.nodes ?? []
  if (box === undefined || only === undefined) return []
  return others.length === 0 ? details(picture, { node: only }) : ofBox(picture, box)
}
