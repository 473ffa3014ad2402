/** Draws a picture as SVG text. Runs here and in a page alike. */
import { count } from "../format.ts"
import type { GridCell } from "./grid.ts"
import type { Layout, Route } from "./layout.ts"
import type { Box, Mark, Picture, PictureNode } from "./Picture.ts"
import * as size from "./size.ts"
import { escape, fit, width } from "./text.ts"
import * as words from "./words.ts"

/** How a mark's sign is drawn, in a square of 16. */
const signs: { readonly [K in Mark]: string } = {
  fresh: '<path d="M2.5 8.5 6.5 12.5 13.5 4"/>',
  streamed: '<path d="M1.5 8q3.25-6 6.5 0t6.5 0"/>',
  waiting: '<circle cx="8" cy="8" r="5.5" stroke-dasharray="2.9 2.9"/>',
  stale: '<circle cx="8" cy="8" r="5" fill="currentColor"/>',
  running: '<path d="M4 2.5 13.5 8 4 13.5z" fill="currentColor"/>',
  blocked: '<circle cx="8" cy="8" r="5.5"/><path d="M4 8h8"/>',
  failed: '<path d="M3.5 3.5l9 9M12.5 3.5l-9 9"/>',
}

/** What the drawing refers to: the signs and the tip of an arrow. Once a document. */
export const definitions = `<defs>${words.marks
  .map((mark) => `<symbol id="rs-${mark}" viewBox="0 0 16 16">${signs[mark]}</symbol>`)
  .join(
    "",
  )}<marker id="rs-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 .5 8 4 0 7.5z"/></marker></defs>`

const at = (value: number): string => `${Math.round(value * 10) / 10}`

const text = (x: number, y: number, kind: string, content: string): string =>
  `<text x="${at(x)}" y="${at(y)}" class="${kind}">${content}</text>`

/** A mark's sign, beside the text of a line at `y`. */
const sign = (mark: Mark, x: number, y: number): string =>
  `<use href="#rs-${mark}" class="rs-sign m-${mark}" x="${at(x)}" y="${at(y - 10)}" width="12" height="12"/>`

const titled = (lines: ReadonlyArray<string>): string => `<title>${escape(lines.join("\n"))}</title>`

/** The gravest mark among nodes: the one that colours the box's edge. */
const gravest = (nodes: ReadonlyArray<PictureNode>): Mark => words.tally(nodes).at(-1)?.[0] ?? "fresh"

const tallyLine = (nodes: ReadonlyArray<PictureNode>, y: number, most: number): string => {
  let x: number = size.pad
  return words
    .tally(nodes)
    .map(([mark, found]) => {
      const told = `${count(found)} ${mark}`
      const here = x
      x += 16 + width(told, size.type.text) + 10
      return here + 16 > most ? "" : sign(mark, here, y) + text(here + 15, y, "rs-text", told)
    })
    .join("")
}

/** How many nodes have which mark, as a bar along the lower edge. */
const bar = (nodes: ReadonlyArray<PictureNode>, { height, width }: size.Size): string => {
  const room = width - 2 * size.pad
  let x: number = size.pad
  return words
    .tally(nodes)
    .map(([mark, found]) => {
      const long = (room * found) / nodes.length
      const piece = `<rect class="rs-bar m-${mark}" x="${at(x)}" y="${at(height - 7)}" width="${at(long)}" height="3"/>`
      x += long
      return piece
    })
    .join("")
}

const frame = ({ height, width }: size.Size, several: boolean, mark: Mark): string =>
  `${several ? `<rect class="rs-behind" x="4" y="4" width="${at(width)}" height="${at(height)}" rx="6"/>` : ""}` +
  `<rect class="rs-frame" width="${at(width)}" height="${at(height)}" rx="6"/>` +
  `<path class="rs-edge m-${mark}" d="M2 8v${at(height - 16)}"/>`

/** The sign that a box can be unfolded, or folded again. */
const fold = (wide: number, open: boolean): string =>
  `<path class="rs-fold" d="M${at(wide - 25)} 9.5h13v13h-13zm3 6.5h7${open ? "" : "m-3.5-3.5v7"}"/>`

const headline = (box: Box, room: number, target: string | undefined): string => {
  const title = target === undefined || target === box.title ? box.title : `${target} = ${box.title}`
  const cut = fit(title, size.type.title * 1.08, room)
  const left = room - width(cut, size.type.title * 1.08)
  const pattern = box.pattern.startsWith("(") ? box.pattern : box.pattern === "" ? "" : ` ${box.pattern}`
  const rest =
    left < 30 || pattern === "" ? "" : `<tspan class="rs-quiet">${escape(fit(pattern, size.type.text, left))}</tspan>`
  return text(size.pad, 20, "rs-title", `${escape(cut)}${rest}`)
}

const foldedInside = (box: Box, nodes: ReadonlyArray<PictureNode>, own: size.Size, live: boolean): string => {
  const room = own.width - 2 * size.pad
  const line = (index: number) => 20 + 17 * (index + 1)
  const figures = escape(fit(words.figures(words.total(nodes)).join(" · "), size.type.text, room))
  const [only, ...others] = nodes
  if (only !== undefined && others.length === 0) {
    return [
      frame(own, false, only.mark),
      headline(box, room, only.target),
      sign(only.mark, size.pad, line(0)),
      text(size.pad + 15, line(0), "rs-text", escape(fit(words.stateOf(only), size.type.text, room - 15))),
      text(size.pad, line(1), "rs-quiet", figures),
    ].join("")
  }
  return [
    frame(own, true, gravest(nodes)),
    headline(box, room - 18, undefined),
    live ? fold(own.width, false) : "",
    text(size.pad, line(0), "rs-quiet", escape(fit(size.subtitle(box), size.type.text, room))),
    tallyLine(nodes, line(1), own.width),
    text(size.pad, line(2), "rs-quiet", figures),
    bar(nodes, own),
  ].join("")
}

/** What a node's cell in an unfolded box shows. */
export const cellInside = (box: Box, cell: GridCell, node: PictureNode): string => {
  const own = size.cell(box)
  // What is at work says how far it has come; all else, what it came to.
  const running = node.mark === "running" ? [node.mark, node.reason] : undefined
  const [first = node.mark, ...rest] = running ?? words.figures(node.figures)
  const lines = cell.text === "" ? [first, rest.join(", ")] : [cell.text, first, rest.join(", ")]
  return [
    titled(words.ofNode(node)),
    `<rect class="rs-cell m-${node.mark}" width="${own.width}" height="${own.height}" rx="4"/>`,
    sign(node.mark, 5, 14),
    ...lines.map((line, index) =>
      text(
        index === 0 ? 21 : 7,
        14 + 14 * index,
        index === 0 ? "rs-text" : "rs-small",
        escape(fit(line, index === 0 ? size.type.text : size.type.small, own.width - (index === 0 ? 25 : 10))),
      ),
    ),
  ].join("")
}

/** How focusable parts are announced; nothing for a picture that only hangs on a wall. */
const spoken = (live: boolean, role: string, label: ReadonlyArray<string>): string =>
  live ? ` role="${role}" aria-label="${escape(label.join("; "))}"` : ""

const cells = (picture: Picture, box: Box, live: boolean): string => {
  const own = size.cell(box)
  const [left, top] = [
    size.pad + size.rowHead(box),
    size.head + (box.grid.columnHeads.length === 0 ? 0 : size.headLine),
  ]
  const [right, down] = [own.width + size.gap, own.height + size.gap]
  return [
    ...box.grid.columnHeads.map((name, column) =>
      text(left + column * right + 4, top - 6, "rs-head", escape(fit(name, size.type.text, own.width - 6))),
    ),
    ...box.grid.rowHeads.map((name, row) =>
      text(size.pad, top + row * down + 22, "rs-head", escape(fit(name, size.type.text, size.rowHead(box) - 6))),
    ),
    ...box.grid.cells.map((cell, index) => {
      const node = picture.nodes[cell.node]
      if (node === undefined) return ""
      const [x, y] = [left + cell.column * right, top + cell.row * down]
      const focus = live ? ` id="rs-n${cell.node}" tabindex="${index === 0 ? 0 : -1}"` : ""
      return `<g class="rs-node" transform="translate(${at(x)} ${at(y)})"${focus}${spoken(live, "button", words.ofNode(node))}>${cellInside(box, cell, node)}</g>`
    }),
  ].join("")
}

/** The part of an unfolded box that is not its cells. */
export const panelInside = (box: Box, nodes: ReadonlyArray<PictureNode>, own: size.Size, live: boolean): string =>
  [
    titled([box.title]),
    frame(own, false, gravest(nodes)),
    headline(box, own.width - 2 * size.pad - 18, undefined),
    live ? fold(own.width, true) : "",
    tallyLine(nodes, 37, own.width),
  ].join("")

/** What a folded box shows. */
export const boxInside = (picture: Picture, box: Box, own: size.Size, live: boolean): string =>
  titled(words.ofBox(picture, box)) + foldedInside(box, words.members(picture, box), own, live)

const drawnBox = (picture: Picture, layout: Layout, index: number, open: boolean, live: boolean): string => {
  const [box, place] = [picture.boxes[index], layout.places[index]]
  if (box === undefined || place === undefined) return ""
  const foldable = size.foldable(box)
  const label = spoken(live, "button", words.ofBox(picture, box))
  const focus = live ? ` id="rs-b${index}" tabindex="0"${foldable ? ` aria-expanded="${open}"` : ""}${label}` : ""
  const target = box.nodes.some((node) => picture.nodes[node]?.target !== undefined) ? " rs-target" : ""
  const move = `transform="translate(${at(place.x)} ${at(place.y)})"`
  if (!open) {
    const kind = foldable ? " rs-many" : ""
    return `<g class="rs-box${kind}${target}" ${move}${focus}>${boxInside(picture, box, place, live)}</g>`
  }
  const panel = panelInside(box, words.members(picture, box), place, live)
  return `<g class="rs-open${target}" ${move}><g class="rs-panel"${focus}>${panel}</g>${cells(picture, box, live)}</g>`
}

const curve = ({ from, points, to }: Route, index: number): string => {
  const [start, ...rest] = points.map(([x, y]) => `${at(x)} ${at(y)}`)
  return `<path class="rs-line" id="rs-l${index}" data-from="${from}" data-to="${to}" d="M${start ?? "0 0"}C${rest.join(" ")}"/>`
}

/** All boxes and lines. `live` parts can be focused and are announced. */
export const drawing = (picture: Picture, layout: Layout, open: ReadonlySet<number>, live: boolean): string =>
  layout.routes.map(curve).join("") +
  picture.boxes
    .map((box, index) => drawnBox(picture, layout, index, open.has(index) && size.foldable(box), live))
    .join("")
