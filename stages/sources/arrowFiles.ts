import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { fromCause, type IpcError } from "../../src/arrow/IpcError.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Images, Manifest } from "../tables.ts"
import { FilesParam, manifestOf, type Member, type Report, stampFiles } from "./packed.ts"
import { shortName } from "./paths.ts"

const ColumnName = (name: string) => Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed(name)))

const Params = Schema.Struct({
  /** The Arrow file, or several. */
  file: FilesParam,
  /** Column of the ids: text or whole numbers. */
  id: ColumnName("id"),
  /** Column of the encoded images. */
  bytes: ColumnName("bytes"),
})
type Params = typeof Params.Type

const scan = (params: Params) =>
  Effect.fnUntraced(
    function* (file: string, report: Report) {
      const { ArrowFile, Foreign } = yield* Effect.promise(async () => ({
        ArrowFile: await import("../../src/arrow/ArrowFile.ts"),
        Foreign: await import("../../src/arrow/Foreign.ts"),
      }))
      const blocks = yield* Effect.tryPromise({
        try: async () => {
          const opened = await ArrowFile.open(file)
          await opened.close()
          return opened.batches
        },
        catch: fromCause(file),
      })
      const members: Array<Member> = []
      const batches = Foreign.read(Images, file, { id: params.id, bytes: params.bytes })
      yield* Stream.runForEach(Stream.zipWithIndex(batches), ([batch, index]) =>
        Effect.gen(function* () {
          // Batches come in the order of the file's blocks, and values are views
          // into their block's bytes: a place there is a place in the file.
          const block = blocks[index]
          for (const [row, bytes] of batch.bytes.entries()) {
            const id = batch.id[row] ?? ""
            if (id.includes("\0"))
              return yield* new StageError({ message: `row ${row} has a zero byte in its id`, file })
            if (block === undefined || bytes.buffer.byteLength !== block.body) {
              return yield* new StageError({
                message: `column ${params.bytes} does not lie in the file as it is read`,
                hint: "write it as plain binary, without a dictionary",
                file,
              })
            }
            const offset = block.offset + block.metadata + bytes.byteOffset
            members.push({ id, hash: Hash.ofBytes(bytes), bytes: bytes.length, offset })
          }
          if (block !== undefined) yield* report(block.offset + block.metadata + block.body)
        }),
      )
      return members
    },
    (effect, file) =>
      Effect.mapError(effect, (error: IpcError | StageError) =>
        error._tag === "StageError" ? error : new StageError({ message: error.message, file }),
      ),
  )

/**
 * The images in an Arrow file, or in several as one set: IPC files or streams
 * with a column of ids and one of encoded images (`bytes`; `image.bytes` for a
 * column within a struct, as Hugging Face writes them), not compressed. Sorted
 * by id by code unit.
 *
 * A file is read once, and again only when its size, times or inode have
 * changed; images are then read where they lie in it. A missing column, an empty
 * cell, an id that comes twice and a damaged file are errors that name the file.
 */
export const arrowFiles = whole("arrowFiles", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Manifest,
  stamp: ({ file }) => stampFiles(file),
  run: (_, params) => manifestOf(`arrow ${JSON.stringify([params.id, params.bytes])}`, params.file, scan(params)),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
