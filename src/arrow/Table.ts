/**
 * The schema of what flows along an edge: named columns, each with the type of
 * one value (a row's) and of many (a batch's). Pure description: apache-arrow
 * is loaded by `Ipc.ts`, only when a file is read or written.
 */

/** A dense array of one row: `data.length` is the product of `shape`. */
export interface TensorRow<Data> {
  readonly shape: ReadonlyArray<number>
  readonly data: Data
}

/** What one value and many values of a column look like, by its kind. */
export interface ColumnTypes {
  readonly utf8: { readonly value: string; readonly values: ReadonlyArray<string> }
  readonly binary: { readonly value: Uint8Array; readonly values: ReadonlyArray<Uint8Array> }
  readonly int32: { readonly value: number; readonly values: Int32Array }
  readonly float64: { readonly value: number; readonly values: Float64Array }
  readonly int32s: { readonly value: Int32Array; readonly values: ReadonlyArray<Int32Array> }
  readonly float32s: { readonly value: Float32Array; readonly values: ReadonlyArray<Float32Array> }
  /** In a batch `shape` is still one row's shape; `data` holds all rows one after another. */
  readonly uint8Tensor: { readonly value: TensorRow<Uint8Array>; readonly values: TensorRow<Uint8Array> }
  readonly float32Tensor: { readonly value: TensorRow<Float32Array>; readonly values: TensorRow<Float32Array> }
}

/** The kind of a column: the key of its types in {@link ColumnTypes}. */
export type Column = keyof ColumnTypes

/** Columns by name. */
export type Columns = Readonly<Record<string, Column>>

/**
 * A named Arrow schema.
 *
 * `rowWise` tables have an `id: "utf8"` column, are cut into shards and may be
 * walked shard by shard; others are one small file. Columns listed in `aside`
 * are kept in a companion file: they say where data lies or how it came about,
 * and are no part of the data's identity.
 */
export interface Table<out Name extends string = string, out C extends Columns = Columns> {
  readonly name: Name
  readonly columns: C
  readonly rowWise: boolean
  readonly aside: ReadonlyArray<string>
}

/** Many rows of a table, column by column. */
export type Batch<T extends Table> = { readonly [K in keyof T["columns"]]: ColumnTypes[T["columns"][K]]["values"] }

/** One row of a table. */
export type Row<T extends Table> = { readonly [K in keyof T["columns"]]: ColumnTypes[T["columns"][K]]["value"] }

/** A row-wise table: rows with an id, cut into shards. */
export const rows = <const Name extends string, const C extends Columns & { readonly id: "utf8" }>(
  name: Name,
  columns: C,
  options?: { readonly aside?: ReadonlyArray<keyof C & string> },
): Table<Name, C> => ({ name, columns, rowWise: true, aside: options?.aside ?? [] })

/** A whole table: one file, read at once. */
export const whole = <const Name extends string, const C extends Columns>(
  name: Name,
  columns: C,
  options?: { readonly aside?: ReadonlyArray<keyof C & string> },
): Table<Name, C> => ({ name, columns, rowWise: false, aside: options?.aside ?? [] })
