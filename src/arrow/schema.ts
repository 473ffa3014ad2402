import {
  Binary,
  type DataType,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  List,
  Schema as ArrowSchema,
  Uint8,
  Utf8,
} from "apache-arrow"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { sizeOf } from "./Kind.ts"
import type { Column, Table } from "./Table.ts"

/** The shape of one row of each tensor column, by the column's name. */
export type Shapes = ReadonlyMap<string, ReadonlyArray<number>>

const nameKey = "ARROW:extension:name"
const metadataKey = "ARROW:extension:metadata"
const extension = "arrow.fixed_shape_tensor"

/** A list's values: named and nullable as pyarrow builds lists, so that its own types compare equal to ours. */
export const item = <T extends DataType>(type: T) => new Field("item", type, true)

/** The Arrow type of each kind that needs no shape. */
const types = {
  utf8: () => new Utf8(),
  binary: () => new Binary(),
  int32: () => new Int32(),
  float64: () => new Float64(),
  int32s: () => new List(item(new Int32())),
  float32s: () => new List(item(new Float32())),
}

const fieldOf = (name: string, column: Column, shapes: Shapes): Field => {
  if (column !== "uint8Tensor" && column !== "float32Tensor") return new Field(name, types[column](), false)
  const shape = shapes.get(name) ?? [0]
  const values = item(column === "uint8Tensor" ? new Uint8() : new Float32())
  // A vector needs no extension to tell its shape, and some readers (Polars) refuse extension types.
  if (shape.length === 1) return new Field(name, new FixedSizeList(sizeOf(shape), values), false)
  const metadata = new Map([
    [nameKey, extension],
    [metadataKey, JSON.stringify({ shape })],
  ])
  return new Field(name, new FixedSizeList(sizeOf(shape), values), false, metadata)
}

/** The Arrow schema of a table whose tensors have these shapes. */
export const toArrow = (table: Table, shapes: Shapes): ArrowSchema =>
  new ArrowSchema(Object.entries(table.columns).map(([name, column]) => fieldOf(name, column, shapes)))

const Metadata = Schema.fromJsonString(
  Schema.Struct({ shape: Schema.Array(Schema.Int), permutation: Schema.optionalKey(Schema.Array(Schema.Int)) }),
)
const decode = Schema.decodeUnknownOption(Metadata)

/**
 * The shape of a tensor column's rows. A list of fixed size that says nothing
 * more is a tensor of one dimension; `undefined` where the file contradicts
 * itself or stores the dimensions in another order.
 */
export const shapeOf = (field: Field, listSize: number): ReadonlyArray<number> | undefined => {
  if (field.metadata.get(nameKey) !== extension) return [listSize]
  const metadata = Option.getOrUndefined(decode(field.metadata.get(metadataKey) ?? ""))
  if (metadata === undefined || metadata.permutation?.some((to, from) => to !== from)) return undefined
  return sizeOf(metadata.shape) === listSize ? metadata.shape : undefined
}
