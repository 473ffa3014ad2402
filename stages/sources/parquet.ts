import { type FileHandle, open } from "node:fs/promises"
import type { AsyncBuffer, Compressors, FileMetaData } from "hyparquet"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "./paths.ts"

/** A Parquet file that is open. */
export interface Parquet {
  readonly file: string
  readonly metadata: FileMetaData
  /** Where each row group begins, and behind the last one the number of rows. */
  readonly borders: ReadonlyArray<number>
  /** The cells of a column from one row to another, as they are; an unknown column is an error. */
  readonly cells: (column: string, start: number, end: number) => Effect.Effect<ReadonlyArray<unknown>, StageError>
}

const damaged = (file: string, cause: unknown): StageError =>
  cause instanceof Error && "code" in cause
    ? unreadable(file, cause)
    : new StageError({
        message: `this Parquet file cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: "is it whole, and Parquet? Otherwise fetch it again",
        file,
        cause,
      })

const bufferOf = (handle: FileHandle, size: number): AsyncBuffer => ({
  byteLength: size,
  slice: async (start, end = size) => {
    const bytes = new Uint8Array(end - start)
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
      if (bytesRead === 0) throw new Error("it ends early")
      done += bytesRead
    }
    return bytes.buffer
  },
})

/** Snappy is the library's own; the others are Node's. */
const compressors = async (): Promise<Compressors> => {
  const zlib = await import("node:zlib")
  return {
    GZIP: (bytes) => zlib.gunzipSync(bytes),
    BROTLI: (bytes) => zlib.brotliDecompressSync(bytes),
    ZSTD: (bytes) => zlib.zstdDecompressSync(bytes),
  }
}

/** Opens a Parquet file for as long as the scope lasts: only its footer is read. What is wrong names the file. */
export const openParquet = (file: string): Effect.Effect<Parquet, StageError, Scope.Scope> =>
  Effect.gen(function* () {
    const handle = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => open(file, "r"), catch: (cause) => unreadable(file, cause) }),
      (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
    )
    const { buffer, library, metadata, packers } = yield* Effect.tryPromise({
      try: async () => {
        const library = await import("hyparquet")
        const buffer = bufferOf(handle, (await handle.stat()).size)
        return { buffer, library, metadata: await library.parquetMetadataAsync(buffer), packers: await compressors() }
      },
      catch: (cause) => damaged(file, cause),
    })
    const borders = [0]
    for (const group of metadata.row_groups) borders.push((borders.at(-1) ?? 0) + Number(group.num_rows))
    const columns = library.parquetSchema(metadata).children.map(({ element }) => element.name)
    return {
      file,
      metadata,
      borders,
      cells: (column, start, end) =>
        columns.includes(column)
          ? Effect.tryPromise({
              try: async () => {
                const rows = await library.parquetReadObjects({
                  file: buffer,
                  metadata,
                  columns: [column],
                  rowStart: start,
                  rowEnd: end,
                  utf8: false,
                  compressors: packers,
                })
                return rows.map((row): unknown => row[column])
              },
              catch: (cause) => damaged(file, cause),
            })
          : Effect.fail(
              new StageError({
                message: `no column ${JSON.stringify(column)}; there are ${columns.join(", ")}`,
                hint: "say with `image` and `label` which columns are meant",
                file,
              }),
            ),
    }
  })

const Cell = Schema.Struct({
  bytes: Schema.Uint8Array,
  path: Schema.optionalKey(Schema.NullOr(Schema.String)),
})
const isCell = Schema.is(Cell)

/** An encoded image of a cell: bytes alone, or Hugging Face's struct of `bytes` and `path`. */
export const imageIn = (cell: unknown): typeof Cell.Type | undefined =>
  cell instanceof Uint8Array ? { bytes: cell } : isCell(cell) ? cell : undefined

const Features = Schema.fromJsonString(
  Schema.Struct({
    info: Schema.Struct({
      features: Schema.Record(Schema.String, Schema.Struct({ names: Schema.optionalKey(Schema.Array(Schema.String)) })),
    }),
  }),
)

/** The names of a column's classes in order of index, where Hugging Face's metadata has them. */
export const classNamesIn = ({ metadata }: Parquet, column: string): ReadonlyArray<string> | undefined => {
  const text = metadata.key_value_metadata?.find(({ key }) => key === "huggingface")?.value
  const read = Schema.decodeUnknownOption(Features)(text)
  return read._tag === "Some" ? read.value.info.features[column]?.names : undefined
}

/** The id of a row: the file's name, the place in it and, where it is asked for, what the image is called. */
export const parquetId = (file: string, row: number, name?: string | null): string => {
  const stem = file.replace(/^.*[/\\]/u, "").replace(/\.parquet$/iu, "")
  const id = `${stem}/${String(row).padStart(7, "0")}`
  return name === undefined || name === null ? id : `${id}/${name.replace(/^.*[/\\]/u, "")}`
}
