import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Manifest } from "../tables.ts"
import { idxId, readIdx } from "./idx.ts"
import { manifestOf, type Member, stampFiles } from "./packed.ts"
import { shortName } from "./paths.ts"

/**
 * The images of an IDX file, as MNIST is published, packed with gzip or not:
 * unsigned bytes of shape `[images, rows, columns]`. Ids are the file's name and
 * the place in it. Another shape or type and a file that ends early are errors.
 */
export const idxFiles = whole("idxFiles", {
  module: import.meta,
  params: Schema.Struct({ file: Schema.NonEmptyString }),
  inputs: {},
  output: Manifest,
  stamp: ({ file }) => stampFiles(file),
  run: (_, { file }) =>
    manifestOf(
      "idx",
      file,
      Effect.fnUntraced(function* (path): Effect.fn.Return<ReadonlyArray<Member>, StageError> {
        const { header, bytes } = yield* readIdx(path)
        const [images = 0, height = 0, width = 0] = header.shape
        if (header.shape.length !== 3 || height === 0 || width === 0) {
          return yield* new StageError({
            message: `the shape of this IDX file is [${header.shape.join(", ")}], not [images, rows, columns]`,
            file: path,
          })
        }
        const size = height * width
        return Array.from({ length: images }, (_, row) => {
          const offset = header.start + row * size
          return {
            id: idxId(path, row),
            hash: Hash.ofBytes(bytes.subarray(offset, offset + size)),
            bytes: size,
            offset,
          }
        })
      }),
    ),
  label: ({ file }) => shortName(file),
})
