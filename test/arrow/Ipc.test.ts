import { it } from "@effect/vitest"
import { DataType, tableFromIPC } from "apache-arrow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect } from "vitest"
import * as Batch from "../../src/arrow/Batch.ts"
import * as Ipc from "../../src/arrow/Ipc.ts"
import * as Table from "../../src/arrow/Table.ts"
import type { Batch as BatchOf } from "../../src/arrow/Table.ts"
import { draw, Drawn, rowsOf } from "./random.ts"

const folder = mkdtempSync(join(tmpdir(), "rankshift-ipc-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = () => join(folder, `${files++}.arrow`)

const written = <T extends Table.Table>(table: T, batches: ReadonlyArray<BatchOf<T>>) => {
  const file = newFile()
  return Effect.as(Ipc.write(table, file, Stream.fromIterable(batches)), file)
}

const Features = Table.rows("features", { id: "utf8", features: "float32Tensor" })
const features = (rows: number, width: number): BatchOf<typeof Features> => ({
  id: Array.from({ length: rows }, (_, i) => `image ${i}`),
  features: { shape: [width], data: Float32Array.from({ length: rows * width }, (_, i) => i / 8) },
})

it.effect.prop("gives back what was written, batch by batch", { drawn: Drawn }, ({ drawn }) =>
  Effect.gen(function* () {
    const { batches, table } = draw(drawn)
    const file = yield* written(table, batches)
    const read = yield* Stream.runCollect(Ipc.read(table, file))
    const full = batches.filter((batch) => Batch.rowCount(table, batch) > 0)
    if (full.length > 0) expect(read).toEqual(full)
    else expect(read.map((batch) => Batch.rowCount(table, batch))).toEqual([0])
    expect(yield* Ipc.rowCount(file)).toBe(drawn.rows.reduce((a, b) => a + b, 0))
  }),
)

it.effect.prop("gives any range of rows", { drawn: Drawn }, ({ drawn }) =>
  Effect.gen(function* () {
    const { batches, table } = draw(drawn)
    const file = yield* written(table, batches)
    const all = rowsOf(table, batches)
    const start = drawn.seed % (all.length + 2)
    const end = start + (drawn.seed % 7) * 5
    const read = yield* Stream.runCollect(Ipc.read(table, file, { start, end }))
    expect(rowsOf(table, read)).toEqual(all.slice(start, end))
  }),
)

it.effect.prop("writes equal batches as equal bytes", { drawn: Drawn }, ({ drawn }) =>
  Effect.gen(function* () {
    const first = draw(drawn)
    const second = draw(drawn)
    // The same values at other places of other buffers: cut out of a longer batch.
    const cut = second.batches.map((batch) => {
      const rows = Batch.rowCount(second.table, batch)
      return Batch.slice(second.table, Batch.concat(second.table, [batch, batch]), rows, 2 * rows)
    })
    const files = [yield* written(first.table, first.batches), yield* written(second.table, cut)]
    const [one, two] = files.map((file) => readFileSync(file))
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true)
  }),
)

it.effect("keeps the shape of tensors where there are no rows", () =>
  Effect.gen(function* () {
    const none = { id: [], features: { shape: [2048], data: new Float32Array() } }
    expect(yield* Stream.runCollect(Ipc.read(Features, yield* written(Features, [none])))).toEqual([none])
    const unknown = Batch.fromRows(Features, [])
    expect(yield* Stream.runCollect(Ipc.read(Features, yield* written(Features, [unknown])))).toEqual([unknown])
    expect(yield* Stream.runCollect(Ipc.read(Features, yield* written(Features, [])))).toEqual([unknown])
    expect(yield* Stream.runCollect(Ipc.read(Features, yield* written(Features, [unknown, none])))).toEqual([none])
  }),
)

it.effect("lets batches without rows leave no trace", () =>
  Effect.gen(function* () {
    const [none, some] = [Batch.fromRows(Features, []), features(3, 2)]
    const plain = readFileSync(yield* written(Features, [some, some]))
    expect(readFileSync(yield* written(Features, [none, some, none, some, none])).equals(plain)).toBe(true)
  }),
)

it.effect("writes files that the library itself reads, tensors as arrow.fixed_shape_tensor", () =>
  Effect.gen(function* () {
    const Pixels = Table.rows("pixels", { id: "utf8", pixels: "uint8Tensor", labels: "int32s" })
    const file = yield* written(Pixels, [
      {
        id: ["é", "b"],
        pixels: { shape: [1, 2, 3], data: Uint8Array.from({ length: 12 }, (_, i) => i) },
        labels: [Int32Array.of(7, 8), Int32Array.of()],
      },
    ])
    const table = tableFromIPC(readFileSync(file))
    expect(table.toArray().map((row) => JSON.parse(JSON.stringify(row)))).toEqual([
      { id: "é", pixels: [0, 1, 2, 3, 4, 5], labels: [7, 8] },
      { id: "b", pixels: [6, 7, 8, 9, 10, 11], labels: [] },
    ])
    const field = table.schema.fields[1]
    expect(field?.metadata.get("ARROW:extension:name")).toBe("arrow.fixed_shape_tensor")
    expect(field?.metadata.get("ARROW:extension:metadata")).toBe('{"shape":[1,2,3]}')
    expect(DataType.isFixedSizeList(field?.type) && field.type.listSize).toBe(6)
    expect(table.schema.fields.map((f) => f.nullable)).toEqual([false, false, false])
  }),
)

it.effect("writes vectors as plain lists of a fixed size, which every reader knows", () =>
  Effect.gen(function* () {
    const field = tableFromIPC(readFileSync(yield* written(Features, [features(3, 2)]))).schema.fields[1]
    expect(field?.metadata.size).toBe(0)
    expect(DataType.isFixedSizeList(field?.type) && field.type.listSize).toBe(2)
  }),
)

it.effect("can be read as a stream too, by those who walk over the file", () =>
  Effect.gen(function* () {
    const bytes = readFileSync(yield* written(Features, [features(3, 2), features(2, 2)]))
    const stream = newFile()
    writeFileSync(stream, bytes.subarray(8, bytes.length - 10 - bytes.readInt32LE(bytes.length - 10)))
    expect(tableFromIPC(readFileSync(stream)).numRows).toBe(5)
    expect(yield* Stream.runCollect(Ipc.read(Features, stream))).toEqual([features(3, 2), features(2, 2)])
  }),
)

it.effect("hands on each batch before it asks for the next", () =>
  Effect.gen(function* () {
    // A batch of 2.5 MB, three hundred times: what is not handed on would be seen in what is held.
    const batch = features(64, 10_000)
    let [handed, most] = [0, 0]
    const encoder = Ipc.encoder(Features, "features", (chunks) =>
      Effect.sync(() => {
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
        handed += bytes
        most = Math.max(most, bytes)
      }),
    )
    for (let i = 1; i <= 300; i++) {
      yield* encoder.append(batch)
      expect(handed).toBeGreaterThan(i * batch.features.data.byteLength)
    }
    expect(yield* encoder.finish).toBe(300 * 64)
    expect(most).toBeLessThan(1.01 * batch.features.data.byteLength)
  }),
)

it.effect("cuts batches over 64 MB, and reads them back lazily", () =>
  Effect.gen(function* () {
    const width = 2 ** 20
    const batch = features(18, width)
    const file = yield* written(Features, [batch])
    const sizes = Stream.map(Ipc.read(Features, file), (part) => Batch.rowCount(Features, part))
    expect(yield* Stream.runCollect(sizes)).toEqual([15, 3])
    const [one] = yield* Stream.runCollect(Ipc.read(Features, file, { start: 16, end: 17 }))
    expect(one?.id).toEqual(["image 16"])
    expect(one?.features.data[8]).toBe((16 * width + 8) / 8)
    // The end of it is damaged, the start is read all the same: nothing is looked at before its turn.
    const handle = yield* Effect.promise(() => open(file, "r+"))
    yield* Effect.promise(() => handle.write(Buffer.alloc(2 ** 20, 0xff), 0, 2 ** 20, 63 * 2 ** 20))
    yield* Effect.promise(() => handle.close())
    const first = yield* Stream.runCollect(Stream.take(Ipc.read(Features, file), 1))
    expect(first.map((part) => part.id.length)).toEqual([15])
  }),
)

it.effect("takes a row larger than that as it is", () =>
  Effect.gen(function* () {
    const Encoder = Table.whole("encoder", { onnx: "binary" })
    const onnx = new Uint8Array(70 * 2 ** 20).fill(3)
    const file = yield* written(Encoder, [{ onnx: [onnx, onnx.subarray(0, 5)] }])
    const read = yield* Stream.runCollect(Ipc.read(Encoder, file))
    expect(read.map((batch) => batch.onnx.map((model) => model.length))).toEqual([[onnx.length], [5]])
  }),
)

it.effect("rejects batches that do not fit the table", () =>
  Effect.gen(function* () {
    const shapes = yield* Effect.flip(written(Features, [features(2, 3), features(2, 4)]))
    expect(shapes).toMatchObject({ _tag: "IpcError", kind: "mismatch" })
    expect(shapes.message).toContain("column features: shape [4] after [3]")
    const short = yield* Effect.flip(written(Features, [{ ...features(2, 3), id: ["only one"] }]))
    expect(short).toMatchObject({ kind: "mismatch" })
    const half = yield* Effect.flip(written(Features, [{ ...features(1, 3), id: ["\ud83d"] }]))
    expect(half.message).toContain("column id: a text holds half a character")
  }),
)

it.effect("says what a file has instead of what was asked for", () =>
  Effect.gen(function* () {
    const file = yield* written(Features, [features(2, 3)])
    const wrong = <T extends Table.Table>(table: T) => Effect.flip(Stream.runCollect(Ipc.read(table, file)))
    const absent = yield* wrong(Table.rows("labels", { id: "utf8", labels: "int32s" }))
    expect(absent).toMatchObject({ kind: "mismatch", file })
    expect(absent.message).toContain("column labels: the file has no such column")
    const other = yield* wrong(Table.rows("features", { id: "utf8", features: "uint8Tensor" }))
    expect(other.message).toContain(
      "column features: it is FixedSizeList[3]<Float32> where a tensor of uint8 is expected",
    )
  }),
)

it.effect("names a file that cannot be opened or created", () =>
  Effect.gen(function* () {
    const absent = join(folder, "absent", "x.arrow")
    expect(yield* Effect.flip(Ipc.rowCount(absent))).toMatchObject({ kind: "io", code: "ENOENT", file: absent })
    const create = Effect.flip(Ipc.write(Features, absent, Stream.make(features(1, 1))))
    expect(yield* create).toMatchObject({ kind: "io", code: "ENOENT", file: absent })
    expect(yield* Effect.flip(Ipc.rowCount(folder))).toMatchObject({ kind: "io", code: "EISDIR" })
  }),
)
