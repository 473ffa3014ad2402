import { displayWidth } from "effect/cli/CliOutput"
import { stripVTControlCharacters } from "node:util"

/** On which side the cells of a column stand. */
export type Align = "left" | "right"

const gap = "  "

// Most cells are plain letters and digits; splitting text into graphemes is for the others.
const width = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : displayWidth(text))

const pad = (cell: string, wide: number, align: Align): string => {
  const blank = " ".repeat(Math.max(0, wide - width(cell)))
  return align === "left" ? cell + blank : blank + cell
}

const widths = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<number> => {
  const cells = rows.reduce((most, row) => Math.max(most, row.length), 0)
  return Array.from({ length: cells }, (_, at) => rows.reduce((most, row) => Math.max(most, width(row[at] ?? "")), 0))
}

/** Rows of cells as lines, the columns one below the other, two spaces apart. Columns without a word vanish. */
export const grid = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  align: ReadonlyArray<Align>,
): ReadonlyArray<string> => {
  const wide = widths(rows)
  const shown = wide.flatMap((cells, at) => (cells === 0 ? [] : [at]))
  return rows.map((row) =>
    shown
      .map((at) => pad(row[at] ?? "", wide[at] ?? 0, align[at] ?? "left"))
      .join(gap)
      .trimEnd(),
  )
}

/**
 * As {@link grid}, but a table too wide for `columns` goes on below, its first
 * column (who is spoken of) at the head of each part. Rows that say nothing in a
 * part are left out there.
 */
export const blocks = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  align: ReadonlyArray<Align>,
  columns: number | undefined,
): ReadonlyArray<ReadonlyArray<string>> => {
  const wide = widths(rows)
  const limit = columns ?? Number.POSITIVE_INFINITY
  const first = wide[0] ?? 0
  const parts: Array<Array<number>> = [[0]]
  let used = first
  for (let at = 1; at < wide.length; at++) {
    const needed = gap.length + (wide[at] ?? 0)
    if (used + needed > limit && used > first) {
      parts.push([0])
      used = first
    }
    parts[parts.length - 1]?.push(at)
    used += needed
  }
  return parts.map((part) =>
    grid(
      rows
        .map((row) => part.map((at) => row[at] ?? ""))
        .filter((cells) => cells.length < 2 || cells.slice(1).some((cell) => cell !== "")),
      part.map((at) => align[at] ?? "left"),
    ),
  )
}

/** The beginning of a line that fits into `columns`, ending in `…` where something was cut. Colours are dropped then. */
export const fit = (line: string, columns: number | undefined): string => {
  if (columns === undefined || width(line) <= columns) return line
  let text = ""
  for (const letter of stripVTControlCharacters(line)) {
    if (width(text + letter) >= columns) break
    text += letter
  }
  return `${text}…`
}
