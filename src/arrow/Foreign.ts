/**
 * Arrow files that others have written: IPC files and streams, with whatever
 * columns and types. Loads apache-arrow, so import it when it is needed.
 */
import { type Data, type DataType, type Field, Vector } from "apache-arrow"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as ArrowFile from "./ArrowFile.ts"
import * as Batch from "./Batch.ts"
import { isExactly, type Stored, values } from "./decode.ts"
import { fromCause, IpcError } from "./IpcError.ts"
import * as Kind from "./Kind.ts"
import type { Batch as BatchOf, Column, Table } from "./Table.ts"

/** A column of a file: its type as Arrow writes it (`LargeUtf8`, `Struct<{bytes:Binary, path:Utf8}>`, …). */
export interface ForeignColumn {
  readonly name: string
  readonly type: string
}

const opened = (path: string): Effect.Effect<ArrowFile.ArrowFile, IpcError, Scope.Scope> =>
  Effect.acquireRelease(Effect.tryPromise({ try: () => ArrowFile.open(path), catch: fromCause(path) }), (file) =>
    Effect.ignore(Effect.tryPromise(() => file.close())),
  )

/** The columns of a file. */
export const columns = (path: string): Effect.Effect<ReadonlyArray<ForeignColumn>, IpcError> =>
  Effect.scoped(
    Effect.map(opened(path), (file) => file.schema.fields.map(({ name, type }) => ({ name, type: String(type) }))),
  )

/** One value of a kind, or undefined where what the file has is none. */
type Convert<C extends Column> = (value: unknown) => Kind.Value<C> | undefined

const number = (value: unknown): number | undefined =>
  typeof value === "bigint" ? Number(value) : typeof value === "number" ? value : undefined

const whole = (value: unknown): number | undefined => {
  const found = number(value)
  return found !== undefined && Number.isInteger(found) && Math.abs(found) < 2 ** 31 ? found : undefined
}

const each = (value: unknown, convert: (value: unknown) => number | undefined): ReadonlyArray<number> | undefined => {
  if (!(value instanceof Vector)) return undefined
  const found: Array<number> = []
  for (const item of value) {
    const converted = convert(item)
    if (converted === undefined) return undefined
    found.push(converted)
  }
  return found
}

interface Conversion<C extends Column> {
  readonly wanted: string
  readonly convert: Convert<C>
}

const conversions: { readonly [C in Column]: Conversion<C> | undefined } = {
  utf8: {
    wanted: "text",
    convert: (value) =>
      typeof value === "string"
        ? value
        : typeof value === "bigint" || Number.isInteger(value)
          ? String(value)
          : undefined,
  },
  binary: { wanted: "bytes", convert: (value) => (value instanceof Uint8Array ? value : undefined) },
  int32: { wanted: "whole numbers of 32 bits", convert: whole },
  float64: { wanted: "numbers", convert: number },
  int32s: {
    wanted: "whole numbers of 32 bits, or lists of them",
    convert: (value) => {
      if (value === null) return new Int32Array()
      const one = whole(value)
      const many = one === undefined ? each(value, whole) : [one]
      return many === undefined ? undefined : Int32Array.from(many)
    },
  },
  float32s: {
    wanted: "lists of numbers",
    convert: (value) => {
      const many = each(value, number)
      return many === undefined ? undefined : Float32Array.from(many)
    },
  },
  // A tensor without its shape is no tensor: only the exact type is read.
  uint8Tensor: undefined,
  float32Tensor: undefined,
}

/** A column, with what decides on missing values: the structs that it lies in. */
interface Found {
  readonly field: Field
  readonly data: Data
  readonly within: ReadonlyArray<Data>
}

const find = (fields: ReadonlyArray<Field>, loaded: ReadonlyArray<Data>, name: string): Found | undefined => {
  const at = fields.findIndex((field) => field.name === name)
  const [field, data] = [fields[at], loaded[at]]
  if (field !== undefined && data !== undefined) return { field, data, within: [] }
  // `image.bytes` is the column `bytes` of the struct `image`.
  const dot = name.indexOf(".")
  const outer = dot < 0 ? undefined : find(fields, loaded, name.slice(0, dot))
  if (outer === undefined) return undefined
  const children: ReadonlyArray<Field> = outer.field.type.children ?? []
  const inner = find(children, outer.data.children, name.slice(dot + 1))
  return inner && { ...inner, within: [outer.data, ...inner.within] }
}

const converted = <C extends Column>(column: C, { data, within }: Found, stored: Stored): Kind.Values<C> => {
  const conversion: Conversion<C> | undefined = conversions[column]
  const { fail, rows } = stored
  if (conversion === undefined) return values(column, stored)
  if (data.length !== rows) return fail("corrupt", "its values are damaged")
  const vector = new Vector([data])
  const all: Array<Kind.Value<C>> = []
  for (let row = 0; row < rows; row++) {
    const value: unknown = within.every((outer) => outer.getValid(row)) ? vector.get(row) : null
    const one = conversion.convert(value)
    if (one === undefined) {
      return value === null
        ? fail("mismatch", `row ${row} of a batch has no value`)
        : fail("mismatch", `it is ${String(data.type)} where ${conversion.wanted} are expected`)
    }
    all.push(one)
  }
  return Kind.of(column).of(all, (message) => fail("mismatch", message))
}

const isPlain = (column: Column, type: DataType, { data, within }: Found) =>
  isExactly(column, type) && [data, ...within].every(({ nullCount }) => nullCount === 0)

/**
 * The rows of a file as rows of a table, lazily, a record batch at a time.
 * `names` says which column of the file fills which of the table, where the
 * names differ; `image.bytes` is a column within a struct. What can stand for
 * a kind is accepted:
 *
 * - `utf8`: text of any encoding (large, view, dictionary), and whole numbers;
 * - `binary`: binary of any encoding (large, view, of fixed size);
 * - `int32`, `float64`: numbers that fit;
 * - `int32s`: whole numbers, lists of them, and nothing at all (an empty list);
 * - `float32s`: lists of numbers;
 * - tensors: `arrow.fixed_shape_tensor` and lists of fixed size, of the same numbers.
 */
export const read = <T extends Table>(
  table: T,
  path: string,
  names?: { readonly [K in keyof T["columns"]]?: string },
): Stream.Stream<BatchOf<T>, IpcError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const file = yield* opened(path)
      const { fields } = file.schema
      const decode = ({ columns: loaded, rows }: ArrowFile.Loaded): BatchOf<T> =>
        Batch.build(table, (name, column) => {
          const source = names?.[name] ?? name
          const fail = (kind: "corrupt" | "mismatch", message: string): never => {
            throw new IpcError({ kind, message: `${path}: column ${source}: ${message}`, file: path })
          }
          const found = find(fields, loaded, source)
          if (found === undefined) {
            return fail("mismatch", `there is none; the file has ${fields.map((field) => field.name).join(", ")}`)
          }
          const stored: Stored = { field: found.field, data: found.data, rows, fail }
          return isPlain(column, found.field.type, found) ? values(column, stored) : converted(column, found, stored)
        })
      return Stream.mapEffect(Stream.fromIterable(file.batches), (block) =>
        Effect.tryPromise({ try: async () => decode(await file.load(block)), catch: fromCause(path) }),
      )
    }),
  )
