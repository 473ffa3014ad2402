import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Manifest } from "../tables.ts"
import { FilesParam, manifestOf, type Member, type Report, stampFiles } from "./packed.ts"
import { imageIn, openParquet, parquetId } from "./parquet.ts"
import { shortName } from "./paths.ts"

const Params = Schema.Struct({
  /** The Parquet file, or several as one set. */
  file: FilesParam,
  /** Column of the encoded images. */
  image: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("image"))),
})

/**
 * The images in Parquet files: a column of encoded images, or of Hugging Face's
 * structs of `bytes` and `path`. Ids are the file's name, the row and, where
 * there is a path, the image's name: `train-00000/0000042/cat.jpg`. `offset` is
 * the row. Files are read by row group. An empty cell, a missing column and a
 * damaged file are errors that name the file.
 */
export const parquetFiles = whole("parquetFiles", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Manifest,
  stamp: ({ file }) => stampFiles(file),
  run: (_, { file, image }) =>
    manifestOf(
      `parquet ${image}`,
      file,
      Effect.fnUntraced(function* (path: string, report: Report) {
        const parquet = yield* openParquet(path)
        const members: Array<Member> = []
        for (const [group, start] of parquet.borders.slice(0, -1).entries()) {
          const end = parquet.borders[group + 1] ?? start
          const cells = yield* parquet.cells(image, start, end)
          for (const [i, cell] of cells.entries()) {
            const row = start + i
            const found = imageIn(cell)
            if (found === undefined) {
              const message = `row ${row} has no bytes of an image in the column ${JSON.stringify(image)}`
              return yield* new StageError({ message, hint: "images have to be embedded, not linked", file: path })
            }
            const { bytes } = found
            members.push({
              id: parquetId(path, row, found.path),
              hash: Hash.ofBytes(bytes),
              bytes: bytes.length,
              offset: row,
            })
          }
          const { row_groups: groups } = parquet.metadata
          yield* report(groups.slice(0, group + 1).reduce((sum, { total_byte_size: size }) => sum + Number(size), 0))
        }
        return members
      }, Effect.scoped),
    ),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
