import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { readModel } from "../extraction/model.ts"
import { Encoder } from "../tables.ts"
import { located, shortName, unreadable } from "./paths.ts"
import { stampFile } from "./stamp.ts"

/**
 * A pretrained encoder from an ONNX file, read again when the file's size, time
 * or inode changes. Two files of the same bytes are one encoder. Whether it suits
 * the images is looked at by `extract`.
 *
 * Errors: no such file, no permission, a folder, an empty file, no ONNX model,
 * weights in other files.
 *
 * @example
 * const dino = onnxFile({ file: "models/dino_resnet50.onnx" })
 */
export const onnxFile = whole("onnxFile", {
  module: import.meta,
  params: Schema.Struct({
    /** Where it is; a relative path starts at the folder of the pipeline file. */
    file: Schema.NonEmptyString,
  }),
  inputs: {},
  output: Encoder,
  label: ({ file }) => shortName(file),
  stamp: ({ file }) => Effect.flatMap(located(file), stampFile),
  run: Effect.fnUntraced(function* (_, { file }) {
    const path = yield* located(file)
    const onnx = yield* Effect.tryPromise({ try: () => readFile(path), catch: (cause) => unreadable(path, cause) })
    if (onnx.length === 0) return yield* new StageError({ message: "the file is empty", file: path })
    // Here and not only in `extract`, which knows no file that it could name.
    yield* Effect.mapError(readModel(onnx), (error) => new StageError({ ...error, message: error.message, file: path }))
    return { onnx: [onnx] }
  }),
})
