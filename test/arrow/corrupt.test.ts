/** Whatever is wrong with a file, reading it ends in a typed error that names it; never in a crash. */
import { it } from "@effect/vitest"
import {
  CompressionType,
  compressionRegistry,
  Int64,
  RecordBatchFileWriter,
  Table as ArrowTable,
  tableFromArrays,
  tableToIPC,
  vectorFromArray,
} from "apache-arrow"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { zstdCompressSync, zstdDecompressSync } from "node:zlib"
import { afterAll, expect } from "vitest"
import * as Foreign from "../../src/arrow/Foreign.ts"
import * as Ipc from "../../src/arrow/Ipc.ts"
import { IpcError } from "../../src/arrow/IpcError.ts"
import { whole } from "../../src/arrow/Table.ts"
import { draw, random } from "./random.ts"

const folder = mkdtempSync(join(tmpdir(), "rankshift-corrupt-"))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, "file.arrow")

const { batches, table } = draw({
  columns: ["utf8", "binary", "int32", "float64", "int32s", "float32s", "uint8Tensor", "float32Tensor"],
  rows: [5, 9],
  seed: 7,
})

const sound = Effect.gen(function* () {
  yield* Ipc.write(table, file, Stream.fromIterable(batches))
  return readFileSync(file)
})

const reading = Stream.runCollect(Ipc.read(table, file))

const expectCorrupt = Effect.fnUntraced(function* (bytes: Uint8Array) {
  writeFileSync(file, bytes)
  const error = yield* Effect.flip(reading)
  expect(error).toBeInstanceOf(IpcError)
  expect(error).toMatchObject({ kind: "corrupt", file })
  expect(error.message).toContain(file)
})

it.effect("a file cut short anywhere", () =>
  Effect.gen(function* () {
    const bytes = yield* sound
    for (let length = 0; length < bytes.length; length += 13) yield* expectCorrupt(bytes.subarray(0, length))
    yield* expectCorrupt(bytes.subarray(0, bytes.length - 1))
  }),
)

it.effect("a file that is something else", () =>
  Effect.gen(function* () {
    const others = [
      Buffer.alloc(0),
      Buffer.from("id,label\na,1\n"),
      Buffer.alloc(100_000),
      Buffer.alloc(100_000, 0xff),
      Buffer.from("ARROW1\0\0".repeat(50)),
      Buffer.from(`ARROW1\0\0${"\0".repeat(64)}\x40\0\0\0ARROW1`, "latin1"),
      Buffer.from("\x89PNG\r\n\x1a\n0000000000000000000000000000000000", "latin1"),
    ]
    for (const bytes of others) yield* expectCorrupt(bytes)
  }),
)

it.effect("a file with any byte changed", () =>
  Effect.gen(function* () {
    const bytes = yield* sound
    const next = random(1)
    let refused = 0
    for (let at = 0; at < bytes.length; at += 5) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(next() * 8)) ^ (next() < 0.5 ? 0 : 0xff)
      writeFileSync(file, damaged)
      // A value may be another one now, and only a checksum can tell; but nothing may die, or be more than the file holds.
      const exit = yield* Effect.exit(Effect.result(reading))
      if (!Exit.isSuccess(exit)) throw new Error(`byte ${at}`, { cause: exit.cause })
      if (Result.isFailure(exit.value)) {
        refused += 1
        expect(exit.value.failure).toBeInstanceOf(IpcError)
      }
    }
    expect(refused).toBeGreaterThan(100)
  }),
)

it.effect("a footer or a message full of noise", () =>
  Effect.gen(function* () {
    const bytes = yield* sound
    const footer = bytes.readInt32LE(bytes.length - 10)
    const next = random(2)
    for (let round = 0; round < 400; round++) {
      const damaged = Buffer.from(bytes)
      const [from, length] = round % 2 === 0 ? [bytes.length - 10 - footer, footer] : [8, 1500]
      for (let i = 0; i < 12; i++) damaged[from + Math.floor(next() * length)] = Math.floor(next() * 256)
      writeFileSync(file, damaged)
      const exit = yield* Effect.exit(Effect.result(reading))
      if (!Exit.isSuccess(exit)) throw new Error(`round ${round}`, { cause: exit.cause })
    }
  }),
)

it.effect("lengths that promise more than there is", () =>
  Effect.gen(function* () {
    const bytes = yield* sound
    // Every aligned word of the footer and of the first messages, as the greatest number that it can be.
    const footer = bytes.length - 10 - bytes.readInt32LE(bytes.length - 10)
    const before = process.memoryUsage().rss
    for (const value of [0x7fffffff, -1]) {
      for (const start of [8, footer]) {
        for (let at = start; at < Math.min(start + 1600, bytes.length - 10); at += 4) {
          const damaged = Buffer.from(bytes)
          damaged.writeInt32LE(value, at)
          writeFileSync(file, damaged)
          const exit = yield* Effect.exit(Effect.result(reading))
          if (!Exit.isSuccess(exit)) throw new Error(`byte ${at}`, { cause: exit.cause })
        }
      }
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6)
  }),
)

it.effect("more rows than the bytes could hold", () =>
  Effect.gen(function* () {
    // Missing labels are lists without a value, so every row that the head promises could be had.
    const rows = 1237
    const labels = vectorFromArray(
      Array.from({ length: rows }, () => null),
      new Int64(),
    )
    const bytes = Buffer.from(tableToIPC(new ArrowTable({ labels }), "file"))
    const count = Buffer.alloc(8)
    count.writeBigInt64LE(BigInt(rows))
    for (let at = bytes.indexOf(count); at >= 0; at = bytes.indexOf(count, at + 8)) bytes.writeBigInt64LE(2n ** 40n, at)
    writeFileSync(file, bytes)
    const Labels = whole("labels", { labels: "int32s" })
    expect(yield* Effect.flip(Stream.runCollect(Foreign.read(Labels, file)))).toMatchObject({ kind: "corrupt", file })
  }),
)

it.effect("a compressed file, with what to do about it", () =>
  Effect.gen(function* () {
    compressionRegistry.set(CompressionType.ZSTD, { encode: zstdCompressSync, decode: zstdDecompressSync })
    const writer = new RecordBatchFileWriter({ compressionType: CompressionType.ZSTD })
    writer.writeAll(tableFromArrays({ id: ["a", "b"] }))
    writeFileSync(file, writer.finish().toUint8Array(true))
    const error = yield* Effect.flip(Stream.runCollect(Foreign.read(table, file)))
    expect(error).toMatchObject({ kind: "unsupported", file })
    expect(error.message).toContain("without compression")
  }),
)
