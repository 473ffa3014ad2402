import { type Board, type Column, type Entry, fullName, make, unitsText, valueText } from "./Board.ts"
import type { Row, Table } from "../arrow/Table.ts"
import { brief } from "./cells.ts"

/** A cell of a table for a paper. */
export interface SheetCell {
  readonly text: string
  /** The best of its column. */
  readonly best?: boolean
  /** Other models have this rank as well. */
  readonly tied?: boolean
  /** How many ranks better (positive) or worse than on the reference. */
  readonly change?: number
}

/** A table for a paper: what it says, not yet how it is written. */
export interface Sheet {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly align: ReadonlyArray<"left" | "right">
  readonly rows: ReadonlyArray<ReadonlyArray<SheetCell>>
}

const aligned = (columns: number): Sheet["align"] => [
  "left",
  ...Array.from({ length: columns - 1 }, () => "right" as const),
]

const score = (entry: Entry | undefined): SheetCell => ({
  text: valueText(entry),
  best: entry?.rank === 1,
})

const rank = (column: Column, entry: Entry | undefined, reference: Column | undefined): SheetCell =>
  entry === undefined
    ? { text: "–" }
    : {
        text: `${entry.rank}`,
        tied: column.tied.has(entry.rank),
        ...(reference === undefined || column === reference ? {} : { change: entry.change }),
      }

const sheet = (
  { models }: Board,
  title: string,
  columns: ReadonlyArray<{ readonly name: string; readonly cell: (model: string) => SheetCell }>,
): Sheet => ({
  title,
  head: ["Model", ...columns.map(({ name }) => name)],
  align: aligned(columns.length + 1),
  rows: models.map((model) => [{ text: model }, ...columns.map(({ cell }) => cell(model))]),
})

/** What the values of some columns are called. */
const nameOf = (columns: ReadonlyArray<Column>) =>
  columns.every(({ unit }) => unit === "share") ? "Accuracy" : "Scores"

/** A leaderboard as Tables II, III and IV of Ozbulak et al. 2025: scores, ranks with their changes, aggregates. */
export const boardSheets = (entries: ReadonlyArray<Entry>): ReadonlyArray<Sheet> => {
  const board = make(entries)
  const { reference } = board
  const sets = board.columns.filter(({ kind }) => kind === "set")
  const aggregates = board.columns.filter(({ kind }) => kind === "aggregate")
  const against = reference === undefined ? "" : `, with changes against ${reference.name}`
  const ties = board.columns.some(({ tied }) => tied.size > 0) ? "; * tied" : ""
  const scoreOf = (column: Column) => (model: string) => score(column.entries.get(model))
  const rankOf = (column: Column) => (model: string) => rank(column, column.entries.get(model), reference)
  return [
    sheet(
      board,
      `${nameOf(sets)} ${unitsText(sets)}; the best of each set in bold`,
      sets.map((column) => ({ name: column.name, cell: scoreOf(column) })),
    ),
    sheet(
      board,
      `Ranks by ${nameOf(sets).toLowerCase()}${against}${ties}`,
      sets.map((column) => ({ name: column.name, cell: rankOf(column) })),
    ),
    ...(aggregates.length === 0
      ? []
      : [
          sheet(
            board,
            `Aggregates${reference === undefined ? "" : ` over all sets but ${reference.name}`} ${unitsText(aggregates)}, and ranks${against}${ties}`,
            aggregates.flatMap((column) => [
              { name: fullName(column.name), cell: scoreOf(column) },
              { name: "Rank", cell: rankOf(column) },
            ]),
          ),
        ]),
  ]
}

/** Rows of any table, numbers to six digits, texts in full. */
export const rowSheet = (table: Table, rows: ReadonlyArray<Row<Table>>): Sheet => {
  const columns = Object.entries(table.columns)
  return {
    title: table.name,
    head: columns.map(([name]) => name),
    align: columns.map(([, kind]) => (kind === "int32" || kind === "float64" ? "right" : "left")),
    rows: rows.map((row) =>
      columns.map(([name]) => {
        const cell = row[name]
        return { text: cell === undefined ? "" : typeof cell === "string" ? cell : brief(cell) }
      }),
    ),
  }
}
