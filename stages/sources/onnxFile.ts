import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { modelOf } from "../extraction/model.ts"
import { Encoder } from "../tables.ts"
import { ownBytes, selfContained, stampModel } from "./externalData.ts"
import { located, shortName } from "./paths.ts"

/**
 * A pretrained encoder from an ONNX file, read again when the content changes,
 * its own or that of a file beside it that weights lie in ("external data").
 * What it gives is one model with all of its weights; files of the same bytes
 * are one encoder. Whether it suits the images is looked at by `extract`.
 *
 * Errors: no such file, no permission, a folder, an empty file, no ONNX model;
 * weights that are missing, lie outside of the model's folder or are not as many
 * bytes as they need; more than the 2 GiB that onnxruntime takes.
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
  stamp: ({ file }) => Effect.flatMap(located(file), stampModel),
  run: Effect.fnUntraced(function* (_, { file }) {
    const path = yield* located(file)
    const onnx = yield* ownBytes(path)
    // Here and not only in `extract`, which knows no file that it could name.
    const { external } = yield* Effect.mapError(
      modelOf(onnx),
      (error) => new StageError({ ...error, message: error.message, file: path }),
    )
    return { onnx: [external.length === 0 ? onnx : yield* selfContained(path, onnx, external)] }
  }),
})
