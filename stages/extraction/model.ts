/** The encoder's file, read but not loaded. */
import * as Effect from "effect/Effect"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Model from "../../src/onnx/Model.ts"
import type { Encoder } from "../tables.ts"

/** The bytes of the one model that an encoder is. */
export const onlyEncoder = Effect.fnUntraced(function* (encoder: Reader<typeof Encoder>) {
  const { onnx } = yield* encoder.all
  const [only] = onnx
  if (only !== undefined && onnx.length === 1) return only
  return yield* new StageError({ message: `an encoder is one row with an ONNX model, and this one has ${onnx.length}` })
})

/** What the model says of itself. Errors: no ONNX model, or weights that lie in other files. */
export const readModel = Effect.fnUntraced(function* (onnx: Uint8Array) {
  const model = yield* Effect.mapError(
    Model.read(onnx),
    (cause) =>
      new StageError({
        message: `the encoder is no ONNX model: ${cause.message}`,
        hint: "the file may be cut short, or be a checkpoint, which has to be exported to ONNX first",
        cause,
      }),
  )
  if (model.externalFiles.length === 0) return model
  return yield* new StageError({
    message: `the encoder keeps weights in other files: ${model.externalFiles.join(", ")}`,
    hint: "save it as one file: onnx.save(onnx.load(path), path)",
  })
})
