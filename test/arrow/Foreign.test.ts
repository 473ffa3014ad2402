import { it } from "@effect/vitest"
import {
  Binary,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int16,
  Int32,
  Int64,
  LargeBinary,
  LargeUtf8,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Table as ArrowTable,
  tableToIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect } from "vitest"
import * as Foreign from "../../src/arrow/Foreign.ts"
import * as Table from "../../src/arrow/Table.ts"

const folder = mkdtempSync(join(tmpdir(), "rankshift-foreign-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const saved = (columns: Readonly<Record<string, Vector>>, format: "file" | "stream" = "file") => {
  const file = join(folder, `${files++}.arrow`)
  writeFileSync(file, tableToIPC(new ArrowTable(columns), format))
  return file
}

const Images = Table.rows("images", { id: "utf8", bytes: "binary" })
const Labels = Table.rows("labels", { id: "utf8", labels: "int32s" })

const jpegs = [Uint8Array.of(255, 216, 1), Uint8Array.of(), Uint8Array.of(255, 216, 2, 3)]
const ids = ["a", "ß", "c"]
const expected = { id: ids, bytes: jpegs }
const collect = <T extends Table.Table>(
  table: T,
  file: string,
  names?: { readonly [K in keyof T["columns"]]?: string },
) => Stream.runCollect(Foreign.read(table, file, names))

it.effect("reads images of every encoding of text and bytes", () =>
  Effect.gen(function* () {
    const texts = {
      utf8: vectorFromArray(ids, new Utf8()),
      largeUtf8: vectorFromArray(ids, new LargeUtf8()),
      dictionary: vectorFromArray(ids, new Dictionary(new Utf8(), new Int32())),
      smallDictionary: vectorFromArray(ids, new Dictionary(new Utf8(), new Int16())),
    }
    const bytes = {
      binary: vectorFromArray(jpegs, new Binary()),
      largeBinary: vectorFromArray(jpegs, new LargeBinary()),
    }
    for (const id of Object.values(texts)) {
      for (const image of Object.values(bytes)) {
        for (const format of ["file", "stream"] as const) {
          expect(yield* collect(Images, saved({ id, bytes: image }, format))).toEqual([expected])
        }
      }
    }
  }),
)

it.effect("finds columns by other names, and within structs", () =>
  Effect.gen(function* () {
    const image = new Struct([new Field("bytes", new Binary(), true), new Field("path", new Utf8(), true)])
    const file = saved({
      image: vectorFromArray(
        jpegs.map((bytes, i) => ({ bytes, path: `${ids[i]}` })),
        image,
      ),
      key: vectorFromArray([1n, 2n, 3n], new Int64()),
    })
    expect(yield* collect(Images, file, { id: "image.path", bytes: "image.bytes" })).toEqual([expected])
    expect(yield* collect(Images, file, { id: "key", bytes: "image.bytes" })).toEqual([
      { id: ["1", "2", "3"], bytes: jpegs },
    ])
    expect(yield* Foreign.columns(file)).toEqual([
      { name: "image", type: "Struct<{bytes:Binary, path:Utf8}>" },
      { name: "key", type: "Int64" },
    ])
  }),
)

it.effect("reads labels from numbers, lists of numbers and missing values", () =>
  Effect.gen(function* () {
    const id = vectorFromArray(ids, new Utf8())
    const one = saved({ id, labels: vectorFromArray([7n, null, 9n], new Int64()) })
    expect(yield* collect(Labels, one)).toEqual([
      { id: ids, labels: [Int32Array.of(7), Int32Array.of(), Int32Array.of(9)] },
    ])
    const list = new List(new Field("item", new Int64(), true))
    const many = saved({ id, labels: vectorFromArray([[7n, 8n], [], null], list) })
    expect(yield* collect(Labels, many)).toEqual([
      { id: ids, labels: [Int32Array.of(7, 8), Int32Array.of(), Int32Array.of()] },
    ])
  }),
)

it.effect("reads numbers that fit, and lists of fixed size as tensors", () =>
  Effect.gen(function* () {
    const Numbers = Table.rows("numbers", { id: "utf8", n: "int32", x: "float64", features: "float32Tensor" })
    const file = saved({
      id: vectorFromArray(ids, new Utf8()),
      n: vectorFromArray([1, 2, 3], new Int16()),
      x: vectorFromArray([0.5, 1.5, 2.5], new Float32()),
      features: vectorFromArray(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        new FixedSizeList(2, new Field("item", new Float32(), true)),
      ),
    })
    expect(yield* collect(Numbers, file)).toEqual([
      {
        id: ids,
        n: Int32Array.of(1, 2, 3),
        x: Float64Array.of(0.5, 1.5, 2.5),
        features: { shape: [2], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
      },
    ])
  }),
)

it.effect("reads a dictionary that grows from batch to batch", () =>
  Effect.gen(function* () {
    const type = new Dictionary(new Utf8(), new Int32())
    const first = vectorFromArray(["a", "b"], new Utf8())
    const second = first.concat(vectorFromArray(["c"], new Utf8()))
    const schema = new Schema([new Field("id", type, true)])
    const batch = (indices: ReadonlyArray<number>, dictionary: Vector<Utf8>) => {
      const ids = makeData({ type, length: 2, nullCount: 0, data: Int32Array.from(indices), dictionary })
      const data = makeData({ type: new Struct(schema.fields), length: 2, nullCount: 0, children: [ids] })
      return new RecordBatch(schema, data)
    }
    const writer = new RecordBatchStreamWriter()
    for (const part of [batch([0, 1], first), batch([1, 2], second)]) writer.write(part)
    const file = join(folder, "growing.arrows")
    writeFileSync(file, writer.finish().toUint8Array(true))
    const Ids = Table.rows("ids", { id: "utf8" })
    expect(yield* collect(Ids, file)).toEqual([{ id: ["a", "b"] }, { id: ["b", "c"] }])
  }),
)

it.effect("says which column is wrong, and how", () =>
  Effect.gen(function* () {
    const id = vectorFromArray(ids, new Utf8())
    const message = (columns: Readonly<Record<string, Vector>>, table: Table.Table) =>
      Effect.map(Effect.flip(collect(table, saved(columns))), (error) => {
        expect(error).toMatchObject({ _tag: "IpcError", kind: "mismatch" })
        return error.message
      })
    expect(yield* message({ key: id }, Images)).toContain("column id: there is none; the file has key")
    const missing = vectorFromArray(["a", null, "c"], new Utf8())
    expect(yield* message({ id: missing }, Table.rows("t", { id: "utf8" }))).toContain(
      "column id: row 1 of a batch has",
    )
    expect(yield* message({ id, bytes: id }, Images)).toContain("column bytes: it is Utf8 where bytes are expected")
    const half = vectorFromArray([0.5, 1, 2], new Float64())
    expect(yield* message({ id, labels: half }, Labels)).toContain("Float64 where whole numbers of 32 bits")
    const large = vectorFromArray([2n ** 40n, 1n, 2n], new Int64())
    expect(yield* message({ id, labels: large }, Labels)).toContain("Int64 where whole numbers of 32 bits")
  }),
)
