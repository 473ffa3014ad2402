import { readFile, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Manifest } from "../tables.ts"
import { cifarId, cifarRows, imageBytes, labelBytes } from "./cifar.ts"
import { CifarParams, saying } from "./cifarParams.ts"
import { manifestOf, type Member, stampFiles } from "./packed.ts"
import { located, shortName, unreadable } from "./paths.ts"

const Params = Schema.Struct({
  ...CifarParams,
  /** How many images there have to be. */
  images: Schema.optionalKey(Schema.Int),
})
type Params = typeof Params.Type

const scan = (cifar: Params["cifar"]) =>
  Effect.fnUntraced(function* (path: string): Effect.fn.Return<ReadonlyArray<Member>, StageError> {
    const bytes = yield* Effect.tryPromise({ try: () => readFile(path), catch: (cause) => unreadable(path, cause) })
    const rows = cifarRows(path, bytes.length, cifar)
    if (typeof rows !== "number") return yield* rows
    return Array.from({ length: rows }, (_, row) => {
      const offset = row * (imageBytes + labelBytes[cifar]) + labelBytes[cifar]
      const hash = Hash.ofBytes(bytes.subarray(offset, offset + imageBytes))
      return { id: cifarId(path, row), hash, bytes: imageBytes, offset }
    })
  })

/**
 * The images in binary files of CIFAR-10 or CIFAR-100. Ids are the file's name
 * and the place in it: `data_batch_1/00042`. A file that does not consist of
 * whole images, and another number of `images`, are errors.
 */
export const cifarFiles = whole("cifarFiles", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Manifest,
  stamp: ({ file, published }) => saying(published)(stampFiles(file)),
  run: Effect.fnUntraced(function* (_, { cifar, file, images, published }: Params) {
    const batches = yield* saying(published)(manifestOf(`cifar ${cifar}`, file, scan(cifar)))
    let found = 0
    const paths = yield* Effect.forEach([file].flat(), located)
    for (const path of paths) {
      const { size } = yield* Effect.tryPromise({ try: () => stat(path), catch: (cause) => unreadable(path, cause) })
      found += size / (imageBytes + labelBytes[cifar])
    }
    if (images === undefined || found === images) return batches
    return yield* new StageError({
      message: `there are ${found} images here, and the set has ${images}`,
      hint: `${published ?? "fetch it again"}; give \`partial: true\` where a part of it is meant`,
      file: paths.join(", "),
    })
  }),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
