import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Row, Table } from "../arrow/Table.ts"
import { brief, toCsv, toJson } from "./cells.ts"
import { counted } from "./format.ts"
import { blocks } from "./grid.ts"
import { paint, type Style } from "./style.ts"

/** The rows of a batch, one after another. */
export const rowsOf = (table: Table, batch: BatchOf<Table>): ReadonlyArray<Row<Table>> =>
  Array.from({ length: Batch.rowCount(table, batch) }, (_, at) => Batch.row(table, batch, at))

const namesOf = (table: Table): ReadonlyArray<string> => Object.keys(table.columns)

const cellsOf = (table: Table, row: Row<Table>) =>
  namesOf(table).flatMap((name) => {
    const cell = row[name]
    return cell === undefined ? [] : [[name, cell] as const]
  })

/** The head of a table for the eye: some rows, and how many there are in all. */
export const head = (
  table: Table,
  rows: ReadonlyArray<Row<Table>>,
  total: number,
  style: Style,
): ReadonlyArray<string> => {
  const columns = Object.values(table.columns)
  const align = columns.map((column) => (column === "int32" || column === "float64" ? "right" : "left"))
  const cells = rows.map((row) => cellsOf(table, row).map(([, cell]) => brief(cell)))
  const parts = blocks([namesOf(table).map((name) => paint(style, "strong", name)), ...cells], align, style.columns)
  const rest = total > rows.length ? `… ${counted(total - rows.length, "row")} more` : counted(total, "row")
  return [...parts.flatMap((part, at) => (at === 0 ? part : ["", ...part])), paint(style, "quiet", rest)]
}

/** Rows as one JSON array of objects, an object a line, piece by piece. */
export const json = <E, R>(table: Table, rows: Stream.Stream<Row<Table>, E, R>): Stream.Stream<string, E, R> =>
  Stream.succeed("[").pipe(
    Stream.concat(
      Stream.zipWithIndex(rows).pipe(
        Stream.map(([row, at]) => {
          const object = Object.fromEntries(cellsOf(table, row).map(([name, cell]) => [name, toJson(cell)]))
          return `${at === 0 ? "" : ","}\n${JSON.stringify(object)}`
        }),
      ),
    ),
    Stream.concat(Stream.succeed("\n]\n")),
  )

/** Rows as CSV (RFC 4180, the names first), piece by piece. */
export const csv = <E, R>(table: Table, rows: Stream.Stream<Row<Table>, E, R>): Stream.Stream<string, E, R> =>
  Stream.succeed(`${namesOf(table).map(toCsv).join(",")}\r\n`).pipe(
    Stream.concat(
      Stream.map(
        rows,
        (row) =>
          `${cellsOf(table, row)
            .map(([, cell]) => toCsv(cell))
            .join(",")}\r\n`,
      ),
    ),
  )
