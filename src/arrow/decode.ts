import { type Data, DataType, type Field, Precision } from "apache-arrow"
import type { Loaded } from "./ArrowFile.ts"
import * as Batch from "./Batch.ts"
import * as Kind from "./Kind.ts"
import { shapeOf } from "./schema.ts"
import type { Batch as BatchOf, Column, ColumnTypes, Table, TensorRow } from "./Table.ts"

/** A column of a record batch as it lies in the file. */
export interface Stored {
  readonly field: Field
  readonly data: Data
  readonly rows: number
  /** Raises an error that names the column. */
  readonly fail: (kind: "corrupt" | "mismatch", message: string) => never
}

const damaged = ({ fail }: Stored): never => fail("corrupt", "its values are damaged")

const unexpected = ({ fail, field }: Stored, wanted: string): never =>
  fail("mismatch", `it is ${String(field.type)} where ${wanted} is expected`)

type Numbers = Uint8Array | Int32Array | Float32Array | Float64Array

// The library types buffers as `any`: here they get a type again, by looking.
const numbers = <A extends Numbers>(stored: Stored, values: unknown, kind: abstract new () => A, length: number): A =>
  values instanceof kind && values.length >= length ? values : damaged(stored)

/** Where each row's values begin and end; never backwards and never beyond `limit`. */
export const offsetsOf = (stored: Stored, limit: number): Int32Array => {
  const { data, rows } = stored
  if (rows === 0) return new Int32Array(1)
  const offsets = numbers(stored, data.valueOffsets, Int32Array, rows + 1).subarray(0, rows + 1)
  let last = 0
  for (const offset of offsets) {
    if (offset < last) return damaged(stored)
    last = offset
  }
  return last <= limit ? offsets : damaged(stored)
}

/** The bytes of each row, as views. */
export const bytesOf = (stored: Stored): ReadonlyArray<Uint8Array> => {
  const values = numbers(stored, stored.data.values, Uint8Array, 0)
  const offsets = offsetsOf(stored, values.length)
  return Array.from({ length: stored.rows }, (_, row) => values.subarray(offsets[row], offsets[row + 1]))
}

/** The text of each row. */
export const textOf = (stored: Stored): ReadonlyArray<string> => {
  const values = numbers(stored, stored.data.values, Uint8Array, 0)
  const offsets = offsetsOf(stored, values.length)
  const bytes = Buffer.from(values.buffer, values.byteOffset, offsets.at(-1))
  // Where every character is one byte, all are decoded at once and cut.
  const all = bytes.toString("utf8")
  return Array.from({ length: stored.rows }, (_, row) =>
    all.length === bytes.length
      ? all.slice(offsets[row], offsets[row + 1])
      : bytes.toString("utf8", offsets[row], offsets[row + 1]),
  )
}

const lists = <A extends Int32Array | Float32Array>(stored: Stored, kind: abstract new () => A): ReadonlyArray<A> => {
  const child = stored.data.children[0]
  if (child === undefined || child.nullCount > 0) return damaged(stored)
  const values = numbers(stored, child.values, kind, 0)
  const offsets = offsetsOf(stored, values.length)
  const cut = (from: number | undefined, to: number | undefined) => numbers(stored, values.subarray(from, to), kind, 0)
  return Array.from({ length: stored.rows }, (_, row) => cut(offsets[row], offsets[row + 1]))
}

const tensorShape = ({ fail, field }: Stored): ReadonlyArray<number> =>
  DataType.isFixedSizeList(field.type)
    ? (shapeOf(field, field.type.listSize) ?? fail("corrupt", "its shape makes no sense"))
    : []

const tensors = <A extends Uint8Array | Float32Array>(stored: Stored, kind: abstract new () => A): TensorRow<A> => {
  const child = stored.data.children[0]
  if (child === undefined || child.nullCount > 0) return damaged(stored)
  const shape = tensorShape(stored)
  const size = stored.rows * Kind.sizeOf(shape)
  const values = numbers(stored, child.values, kind, size)
  return { shape, data: numbers(stored, values.subarray(0, size), kind, size) }
}

const is = {
  int32: (type: DataType) => DataType.isInt(type) && type.bitWidth === 32 && type.isSigned,
  uint8: (type: DataType) => DataType.isInt(type) && type.bitWidth === 8 && !type.isSigned,
  float32: (type: DataType) => DataType.isFloat(type) && type.precision === Precision.SINGLE,
  float64: (type: DataType) => DataType.isFloat(type) && type.precision === Precision.DOUBLE,
}

const isListOf = (type: DataType, inner: (type: DataType) => boolean) =>
  DataType.isList(type) && inner(type.children[0]?.type)
const isTensorOf = (type: DataType, inner: (type: DataType) => boolean) =>
  DataType.isFixedSizeList(type) && inner(type.children[0]?.type)

type Decoder<C extends Column> = {
  readonly accepts: (type: DataType) => boolean
  readonly wanted: string
  readonly read: (stored: Stored) => ColumnTypes[C]["values"]
}

const decoders: { readonly [C in Column]: Decoder<C> } = {
  utf8: { accepts: DataType.isUtf8, wanted: "text", read: textOf },
  binary: { accepts: DataType.isBinary, wanted: "binary", read: bytesOf },
  int32: {
    accepts: is.int32,
    wanted: "int32",
    read: (stored) => numbers(stored, stored.data.values, Int32Array, stored.rows).subarray(0, stored.rows),
  },
  float64: {
    accepts: is.float64,
    wanted: "float64",
    read: (stored) => numbers(stored, stored.data.values, Float64Array, stored.rows).subarray(0, stored.rows),
  },
  int32s: { accepts: (type) => isListOf(type, is.int32), wanted: "list<int32>", read: (s) => lists(s, Int32Array) },
  float32s: {
    accepts: (type) => isListOf(type, is.float32),
    wanted: "list<float32>",
    read: (s) => lists(s, Float32Array),
  },
  uint8Tensor: {
    accepts: (type) => isTensorOf(type, is.uint8),
    wanted: "a tensor of uint8",
    read: (s) => tensors(s, Uint8Array),
  },
  float32Tensor: {
    accepts: (type) => isTensorOf(type, is.float32),
    wanted: "a tensor of float32",
    read: (s) => tensors(s, Float32Array),
  },
}

/** Whether a column lies in the file just as a kind wants it. */
export const isExactly = (column: Column, type: DataType): boolean => decoders[column].accepts(type)

/** A column's values: views into what was read, wherever its kind allows it. */
export const values = <C extends Column>(column: C, stored: Stored): ColumnTypes[C]["values"] => {
  const decoder: Decoder<C> = decoders[column]
  if (!decoder.accepts(stored.field.type)) return unexpected(stored, decoder.wanted)
  if (stored.rows === 0) return Kind.of(column).empty(tensorShape(stored))
  if (stored.data.length !== stored.rows) return damaged(stored)
  if (stored.data.nullCount > 0) return stored.fail("mismatch", "it has rows without a value")
  return decoder.read(stored)
}

/** A record batch as a batch of a table: views into what was read, wherever a kind allows it. */
export const toBatch = <T extends Table>(
  table: T,
  fields: ReadonlyArray<Field>,
  { columns, rows }: Loaded,
  fail: (column: string, kind: "corrupt" | "mismatch", message: string) => never,
): BatchOf<T> =>
  Batch.build(table, (name, column) => {
    const index = fields.findIndex((field) => field.name === name)
    const [field, data] = [fields[index], columns[index]]
    if (field === undefined || data === undefined) return fail(name, "mismatch", "the file has no such column")
    return values(column, { field, data, rows, fail: (kind, message) => fail(name, kind, message) })
  })
