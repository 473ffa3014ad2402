import * as Schema from "effect/Schema"
import * as Kind from "./Kind.ts"
import type { Batch, Column, ColumnTypes, Row, Table } from "./Table.ts"

/** Values do not fit their table: tensors of different shapes in one column, columns of different lengths. */
export class BatchError extends Schema.TaggedError<BatchError>()("BatchError", {
  message: Schema.String,
  table: Schema.String,
  column: Schema.String,
}) {}

const error = (table: Table, column: string, message: string) =>
  new BatchError({ message: `${table.name}.${column}: ${message}`, table: table.name, column })

const failing =
  (table: Table, column: string): Kind.Fail =>
  (message) => {
    throw error(table, column, message)
  }

type Name<T extends Table> = keyof T["columns"] & string
type ColumnOf<T extends Table, N extends Name<T>> = T["columns"][N]

// What is read name by name, or built so, has the table's names: the compiler cannot
// see that, so it is said here, once each way.
/** A table's columns, name by name. */
export const columnsOf = <T extends Table>(table: T) =>
  Object.entries(table.columns) as unknown as ReadonlyArray<readonly [Name<T>, ColumnOf<T, Name<T>>]>

const assemble = <T extends Table, F extends "value" | "values">(
  table: T,
  part: <N extends Name<T>>(name: N, column: ColumnOf<T, N>) => ColumnTypes[ColumnOf<T, N>][F],
) => {
  const built: Record<string, unknown> = {}
  for (const [name, column] of columnsOf(table)) built[name] = part(name, column)
  return built as { readonly [K in keyof T["columns"]]: ColumnTypes[T["columns"][K]][F] }
}

/** A batch whose columns are made one by one. */
export const build = <T extends Table>(
  table: T,
  values: <N extends Name<T>>(name: N, column: ColumnOf<T, N>) => Kind.Values<ColumnOf<T, N>>,
): Batch<T> => assemble<T, "values">(table, values)

const count = <C extends Column>(column: C, values: Kind.Values<C>) => Kind.of(column).length(values)

/** How many rows a batch has. */
export const rowCount = <T extends Table>(table: T, batch: Batch<T>): number => {
  let rows = 0
  for (const [name, column] of columnsOf(table)) {
    rows = count(column, batch[name])
    // A tensor whose rows hold nothing cannot tell how many there are, so any other column goes first.
    if (column !== "uint8Tensor" && column !== "float32Tensor") return rows
  }
  return rows
}

/** What is wrong with a batch: a column that is missing, or of another length than the rest. */
export const problem = <T extends Table>(table: T, batch: Batch<T>): BatchError | undefined => {
  const names = Object.keys(table.columns)
  const absent = names.find((name) => batch[name] === undefined)
  if (absent !== undefined) return error(table, absent, "the column is missing")
  const rows = rowCount(table, batch)
  for (const [name, column] of columnsOf(table)) {
    const length = count(column, batch[name])
    if (length !== rows) return error(table, name, `${length} rows where ${names[0]} has ${rows}`)
  }
  return undefined
}

/** One row. Its arrays are views into the batch. */
export const row = <T extends Table>(table: T, batch: Batch<T>, index: number): Row<T> =>
  assemble<T, "value">(table, (name, column) => Kind.of(column).at(batch[name], index))

/**
 * A batch of rows; without rows a tensor has the shape `[0]`.
 * Throws a {@link BatchError} where tensors of one column differ in shape.
 */
export const fromRows = <T extends Table>(table: T, rows: ReadonlyArray<Row<T>>): Batch<T> =>
  build(table, (name, column) =>
    Kind.of(column).of(
      rows.map((row) => row[name]),
      failing(table, name),
    ),
  )

/** The rows from `start` up to, not including, `end`, as views. */
export const slice = <T extends Table>(table: T, batch: Batch<T>, start: number, end: number): Batch<T> =>
  build(table, (name, column) => Kind.of(column).slice(batch[name], start, end))

/**
 * All rows of some batches in one (a copy, unless there is only one).
 * Throws a {@link BatchError} where tensors of one column differ in shape.
 */
export const concat = <T extends Table>(table: T, batches: ReadonlyArray<Batch<T>>): Batch<T> => {
  const [first] = batches
  if (first !== undefined && batches.length === 1) return first
  return build(table, (name, column) =>
    Kind.of(column).concat(
      batches.map((batch) => batch[name]),
      failing(table, name),
    ),
  )
}

/** Some of a batch's columns. */
export const pick = <T extends Table, const N extends keyof T["columns"] & string>(
  _table: T,
  batch: Batch<T>,
  columns: ReadonlyArray<N>,
): Pick<Batch<T>, N> => {
  const picked: Partial<Record<N, Batch<T>[N]>> = {}
  for (const name of columns) picked[name] = batch[name]
  return picked as Pick<Batch<T>, N>
}

/** A table of some of a table's columns, in their order. */
export const only = (table: Table, keep: (column: string) => boolean): Table => ({
  name: table.name,
  columns: Object.fromEntries(Object.entries(table.columns).filter(([name]) => keep(name))),
  rowWise: table.rowWise,
  aside: table.aside.filter(keep),
})

/** The columns of several batches in one: each column of the table is in one of them. */
export const beside = <T extends Table>(table: T, parts: ReadonlyArray<Batch<Table>>): Batch<T> => {
  const columns: Record<string, unknown> = {}
  for (const part of parts) Object.assign(columns, part)
  return Object.fromEntries(Object.keys(table.columns).map((name) => [name, columns[name]])) as Batch<T>
}
