import {
  Binary,
  type Data,
  FixedSizeList,
  type Float,
  Float32,
  Float64,
  type Int,
  Int32,
  List,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  type Schema as ArrowSchema,
  Struct,
  Uint8,
  Utf8,
} from "apache-arrow"
import { Message } from "apache-arrow/ipc/metadata/message"
import { type ArrayBufferViewInput, toUint8Array } from "apache-arrow/util/buffer"
import * as Batch from "./Batch.ts"
import { type Fail, sizeOf } from "./Kind.ts"
import { item } from "./schema.ts"
import type { Batch as BatchOf, Column, ColumnTypes, Table, TensorRow } from "./Table.ts"

// Offsets are 32-bit numbers.
const limit = 2 ** 31 - 1

/** The borders between values of these lengths. */
const borders = (lengths: ReadonlyArray<number>, fail: Fail): Int32Array => {
  const offsets = new Int32Array(lengths.length + 1)
  let end = 0
  lengths.forEach((length, i) => {
    end += length
    if (end > limit) fail("a row is larger than 2 GB")
    offsets[i + 1] = end
  })
  return offsets
}

const text = (values: ReadonlyArray<string>, fail: Fail) => {
  if (values.some((value) => !value.isWellFormed())) fail("a text holds half a character")
  const all = values.join("")
  const data = Buffer.from(all, "utf8")
  const plain = data.length === all.length
  const lengths = values.map((value) => (plain ? value.length : Buffer.byteLength(value, "utf8")))
  const valueOffsets = borders(lengths, fail)
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets, data })
}

interface Settable<A> {
  readonly length: number
  set(values: A, offset: number): void
}

// One value is handed on as it is: a model of a gigabyte is not copied.
const joined = <A extends Settable<A>>(values: ReadonlyArray<A>, offsets: Int32Array, create: (n: number) => A): A => {
  const [first] = values
  if (first !== undefined && values.length === 1) return first
  const all = create(offsets.at(-1) ?? 0)
  values.forEach((value, i) => all.set(value, offsets[i] ?? 0))
  return all
}

const lengthsOf = (values: ReadonlyArray<{ readonly length: number }>) => values.map((value) => value.length)

const binary = (values: ReadonlyArray<Uint8Array>, fail: Fail) => {
  const valueOffsets = borders(lengthsOf(values), fail)
  const data = joined<Uint8Array>(values, valueOffsets, (n) => new Uint8Array(n))
  return makeData({ type: new Binary(), length: values.length, nullCount: 0, valueOffsets, data })
}

const ints = (type: Int32 | Uint8, data: Int32Array | Uint8Array) =>
  makeData<Int>({ type, length: data.length, nullCount: 0, data })

const floats = (type: Float32 | Float64, data: Float32Array | Float64Array) =>
  makeData<Float>({ type, length: data.length, nullCount: 0, data })

const list = (valueOffsets: Int32Array, child: Data) =>
  makeData({
    type: new List(item(child.type)),
    length: valueOffsets.length - 1,
    nullCount: 0,
    valueOffsets,
    child,
  })

const tensor = ({ data, shape }: TensorRow<Uint8Array | Float32Array>, child: Data) => {
  const size = sizeOf(shape)
  return makeData({
    type: new FixedSizeList(size, item(child.type)),
    length: data.length === 0 ? 0 : data.length / size,
    nullCount: 0,
    child,
  })
}

const encoders: {
  readonly [C in Column]: (values: ColumnTypes[C]["values"], fail: Fail) => Data
} = {
  utf8: text,
  binary,
  int32: (values) => ints(new Int32(), values),
  float64: (values) => floats(new Float64(), values),
  int32s: (values, fail) => {
    const offsets = borders(lengthsOf(values), fail)
    return list(
      offsets,
      ints(
        new Int32(),
        joined<Int32Array>(values, offsets, (n) => new Int32Array(n)),
      ),
    )
  },
  float32s: (values, fail) => {
    const offsets = borders(lengthsOf(values), fail)
    return list(
      offsets,
      floats(
        new Float32(),
        joined<Float32Array>(values, offsets, (n) => new Float32Array(n)),
      ),
    )
  },
  uint8Tensor: (values) => tensor(values, ints(new Uint8(), values.data)),
  float32Tensor: (values) => tensor(values, floats(new Float32(), values.data)),
}

const encode = <C extends Column>(column: C, values: ColumnTypes[C]["values"], fail: Fail): Data =>
  encoders[column](values, fail)

/** A batch as a record batch of the schema. Throws what `fail` throws where a value cannot be stored. */
export const toRecordBatch = <T extends Table>(
  table: T,
  schema: ArrowSchema,
  batch: BatchOf<T>,
  failing: (column: string) => Fail,
): RecordBatch => {
  const children = Batch.columnsOf(table).map(([name, column]) => encode(column, batch[name], failing(name)))
  const type = new Struct(schema.fields)
  return new RecordBatch(schema, makeData({ type, length: Batch.rowCount(table, batch), nullCount: 0, children }))
}

/**
 * Writes an IPC file into a list of chunks, to be taken away after each batch:
 * the library's own sinks keep the whole file in memory until it is done.
 */
export class ChunkWriter extends RecordBatchFileWriter {
  #chunks: Array<Uint8Array> = []
  readonly schema: ArrowSchema

  constructor(schema: ArrowSchema) {
    super()
    this.schema = schema
    this.reset(undefined, schema)
  }

  /** What was written since the last call, in order. The chunks may be views into the batch. */
  take(): ReadonlyArray<Uint8Array> {
    const chunks = this.#chunks
    this.#chunks = []
    return chunks
  }

  /** Writes the footer; gives what was written since `take` was last called. */
  end(): ReadonlyArray<Uint8Array> {
    this.finish()
    return this.take()
  }

  protected override _write(chunk: ArrayBufferViewInput): this {
    const bytes: Uint8Array = toUint8Array(chunk)
    if (bytes.byteLength > 0) {
      this.#chunks.push(bytes)
      this._position += bytes.byteLength
    }
    return this
  }

  // The format asks for a schema in front too: readers that walk over a file as a stream need it.
  protected override _writeSchema(schema: ArrowSchema): this {
    return super._writeSchema(schema)._writeMessage(Message.from(schema))
  }
}
