/** Tables of any columns with any values, drawn from a seed. */
import * as Schema from "effect/Schema"
import * as Batch from "../../src/arrow/Batch.ts"
import type { Batch as BatchOf, Column, ColumnTypes, Table } from "../../src/arrow/Table.ts"

const columns = [
  "utf8",
  "binary",
  "int32",
  "float64",
  "int32s",
  "float32s",
  "uint8Tensor",
  "float32Tensor",
] as const satisfies ReadonlyArray<Column>

const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

/** A table and its batches: which columns, how many rows in each batch, and the seed of their values. */
export const Drawn = Schema.Struct({
  columns: Schema.Array(Schema.Literals(columns)),
  rows: Schema.Array(upTo(40)),
  seed: upTo(2 ** 30),
})

/** A small generator of pseudo-random numbers in [0, 1): mulberry32. */
export const random = (seed: number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const letters = ["a", "B", "7", " ", "/", "é", "ß", "€", "漢", "😀", "\u0000", "\u{10ffff}"]

type Draw = <A>(items: ReadonlyArray<A>, otherwise: A) => A

const make = (next: () => number) => {
  const below = (n: number) => Math.floor(next() * n)
  const some = <A>(most: number, value: () => A) => Array.from({ length: below(most + 1) }, value)
  const pick: Draw = (items, otherwise) => items[below(items.length)] ?? otherwise
  const byte = () => below(256)
  const int = () => pick([0, -1, 2 ** 31 - 1, -(2 ** 31), below(1000)], 0)
  const float = () => pick([0, -0, Number.NaN, Number.POSITIVE_INFINITY, -1.5, next(), 1e-40], 0)
  return { below, some, pick, byte, int, float }
}

/** A table with an id and these columns, and a batch for each number of rows. */
export const draw = ({ columns: kinds, rows, seed }: typeof Drawn.Type) => {
  const { below, byte, float, int, pick, some } = make(random(seed))
  const table: Table = {
    name: "drawn",
    columns: { id: "utf8", ...Object.fromEntries(kinds.map((kind, i) => [`${kind}${i}`, kind])) },
    rowWise: true,
    aside: [],
  }
  const shapes = new Map(Object.keys(table.columns).map((name) => [name, [1 + below(3), 1 + below(4)]]))
  const values: { readonly [C in Column]: (rows: number, name: string) => ColumnTypes[C]["values"] } = {
    utf8: (n) => Array.from({ length: n }, () => some(8, () => pick(letters, "x")).join("")),
    binary: (n) => Array.from({ length: n }, () => Uint8Array.from(some(20, byte))),
    int32: (n) => Int32Array.from({ length: n }, int),
    float64: (n) => Float64Array.from({ length: n }, float),
    int32s: (n) => Array.from({ length: n }, () => Int32Array.from(some(5, int))),
    float32s: (n) => Array.from({ length: n }, () => Float32Array.from(some(5, float))),
    uint8Tensor: (n, name) => {
      const shape = shapes.get(name) ?? [1]
      return { shape, data: Uint8Array.from({ length: n * shape.reduce((a, b) => a * b, 1) }, byte) }
    },
    float32Tensor: (n, name) => {
      const shape = shapes.get(name) ?? [1]
      return { shape, data: Float32Array.from({ length: n * shape.reduce((a, b) => a * b, 1) }, float) }
    },
  }
  const valuesOf = <C extends Column>(column: C, n: number, name: string): ColumnTypes[C]["values"] =>
    values[column](n, name)
  const batches = rows.map((n) => Batch.build(table, (name, column) => valuesOf(column, n, name)))
  return { table, batches }
}

/** All rows one by one: what a round trip has to keep, however they are cut into batches. */
export const rowsOf = <T extends Table>(table: T, batches: ReadonlyArray<BatchOf<T>>) =>
  batches.flatMap((batch) => Array.from({ length: Batch.rowCount(table, batch) }, (_, i) => Batch.row(table, batch, i)))
