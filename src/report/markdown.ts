import { changeText } from "./Board.ts"
import type { Sheet, SheetCell } from "./sheets.ts"

const escape = (text: string): string =>
  text.replaceAll(/[\\`*_{}[\]<>|~&#]/g, (letter) => `\\${letter}`).replaceAll(/\s+/g, " ")

const cell = ({ best, change, text, tied }: SheetCell): string => {
  const value = best === true ? `**${escape(text)}**` : escape(text)
  return [`${value}${tied === true ? "\\*" : ""}`, ...(change === undefined ? [] : [changeText(change)])].join(" ")
}

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

/** Tables for Markdown as GitHub and Pandoc read it. */
export const markdown = (sheets: ReadonlyArray<Sheet>): ReadonlyArray<string> =>
  sheets.flatMap(({ align, head, rows, title }, at) => [
    ...(at === 0 ? [] : [""]),
    `${escape(title)}.`,
    "",
    line(head.map(escape)),
    line(align.map((side) => (side === "left" ? ":---" : "---:"))),
    ...rows.map((row) => line(row.map(cell))),
  ])
