import { count, counted } from "../format.ts"
import type { Box } from "./Picture.ts"
import { width } from "./text.ts"

/** Pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Type sizes and distances, in pixels. */
export const type = { title: 13, text: 11, small: 10 } as const
export const pad = 12
/** The part of an unfolded box above its cells. */
export const head = 44
const cellWidth = 128
/** Between cells. */
export const gap = 4
const [narrow, broad] = [236, 340]
/** Names at the rows of a matrix are cut beyond this. */
const longestHead = 150
/** The line above a matrix that names its columns. */
export const headLine = 18

/** What a folded box says below its title. */
export const subtitle = (box: Box): string => {
  const nodes = box.nodes.length < 2 ? "" : counted(box.nodes.length, "node")
  return [box.dims, nodes].filter((part) => part !== "").join(" · ")
}

/** How many lines a folded box has below its title. */
export const lines = (box: Box): number => (box.nodes.length < 2 ? 2 : 3)

/** The title with the pattern that follows it, if there is room. */
export const heading = (box: Box): string => box.title + (box.pattern.startsWith("(") ? box.pattern : "")

/** How large a box is while it is folded. */
export const folded = (box: Box): Size => {
  const wanted = Math.max(
    width(heading(box), type.title) * 1.08 + 34,
    width(subtitle(box), type.text),
    box.nodes.length < 2 ? 0 : 60 + 34 * count(box.nodes.length).length,
  )
  return {
    width: Math.round(Math.min(broad, Math.max(narrow, wanted + 2 * pad))),
    height: 32 + 17 * lines(box),
  }
}

/** Room for the names at the rows. */
export const rowHead = ({ grid }: Box): number =>
  grid.rowHeads.length === 0
    ? 0
    : Math.min(longestHead, Math.max(...grid.rowHeads.map((name) => width(name, type.text) * 1.1)) + 8)

/** How large a cell is: one that is not named by its row and column has a line more. */
export const cell = ({ grid }: Box): Size => ({ width: cellWidth, height: grid.rowHeads.length === 0 ? 50 : 36 })

/** How large a box is while it is unfolded. */
export const unfolded = (box: Box): Size => {
  const { grid } = box
  const line = grid.columnHeads.length === 0 ? 0 : headLine
  return {
    width: Math.round(Math.max(folded(box).width, 2 * pad + rowHead(box) + grid.columns * (cellWidth + gap) - gap)),
    height: head + line + grid.rows * (cell(box).height + gap) - gap + pad,
  }
}

/** Whether there is anything to unfold. */
export const foldable = (box: Box): boolean => box.nodes.length > 1
