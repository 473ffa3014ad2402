import { readFile, stat } from "node:fs/promises"
import { promisify } from "node:util"
import { gunzip } from "node:zlib"
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "./paths.ts"

/** What an IDX file begins with. */
export interface IdxHeader {
  /** Images, rows and columns, say; what is behind the header has this shape. */
  readonly shape: ReadonlyArray<number>
  /** Where the values begin. */
  readonly start: number
}

/** A file in memory, unpacked where it was packed: a gz has no places to read at. */
export interface Unpacked {
  readonly header: IdxHeader
  /** All bytes, header included. */
  readonly bytes: Uint8Array
}

/** The most bytes a file may have, unpacked: it is held in memory while it is in use. */
const most = 2 ** 30

const unsignedByte = 8

const wrong = (file: string, message: string, hint: string) => new StageError({ message, hint, file })

const headerOf = (file: string, bytes: Uint8Array): IdxHeader | StageError => {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const dimensions = view[3] ?? 0
  const start = 4 + 4 * dimensions
  if (view.length < start || view.readUInt16BE(0) !== 0 || dimensions === 0) {
    return wrong(file, "this is no IDX file: its header is missing", "it begins with two zero bytes, type and rank")
  }
  if (view[2] !== unsignedByte) {
    return wrong(
      file,
      `this IDX file has values of type ${view[2]}, not unsigned bytes (8)`,
      "write it as unsigned bytes",
    )
  }
  const shape = Array.from({ length: dimensions }, (_, i) => view.readUInt32BE(4 + 4 * i))
  const expected = start + shape.reduce((product, size) => product * size, 1)
  return view.length === expected
    ? { shape, start }
    : wrong(file, `this IDX file has ${view.length} bytes where its header says ${expected}`, "fetch it again")
}

/** Reads an IDX file (as MNIST is published) of unsigned bytes, packed with gzip or not. What is wrong names the file. */
export const readIdx = (file: string): Effect.Effect<Unpacked, StageError> =>
  Effect.gen(function* () {
    const size = yield* Effect.tryPromise({
      try: async () => (await stat(file)).size,
      catch: (cause) => unreadable(file, cause),
    })
    if (size > most) return yield* wrong(file, "this file has more than 1 GiB", "cut it into several, or make it a tar")
    const bytes = yield* Effect.tryPromise({ try: () => readFile(file), catch: (cause) => unreadable(file, cause) })
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b
    const unpacked = packed
      ? yield* Effect.tryPromise({
          try: () => promisify(gunzip)(bytes, { maxOutputLength: most }),
          catch: (cause) =>
            cause instanceof RangeError
              ? wrong(file, "this gz has more than 1 GiB unpacked", "cut it into several, or make it a tar")
              : wrong(
                  file,
                  `this gz cannot be unpacked: ${cause instanceof Error ? cause.message : String(cause)}`,
                  "fetch it again",
                ),
        })
      : bytes
    const header = headerOf(file, unpacked)
    return header instanceof StageError ? yield* header : { header, bytes: unpacked }
  })

/** The id of an image: its file and its place there, `train-images-idx3-ubyte/00042`. */
export const idxId = (file: string, row: number): string => {
  const name = file.replace(/^.*[/\\]/u, "").replace(/\.gz$/u, "")
  return `${name}/${String(row).padStart(7, "0")}`
}
