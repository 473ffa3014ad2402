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

/** What the model says of itself. Errors: no ONNX model. */
export const modelOf = (onnx: Uint8Array): Effect.Effect<Model.Model, StageError> =>
  Effect.mapError(
    Model.read(onnx),
    (cause) =>
      new StageError({
        message: `the encoder is no ONNX model: ${cause.message}`,
        hint: "the file may be cut short, or be a checkpoint, which has to be exported to ONNX first",
        cause,
      }),
  )

/** The same of an encoder that is to be run. Errors: no ONNX model, or weights that lie in other files. */
export const readModel = Effect.fnUntraced(function* (onnx: Uint8Array): Effect.fn.Return<Model.Model, StageError> {
  const model = yield* modelOf(onnx)
  if (model.external.length === 0) return model
  const files = new Set(model.external.map(({ location }) => location))
  return yield* new StageError({
    message: `the encoder keeps weights in other files: ${[...files].join(", ")}`,
    hint: "take it from its file by `onnxFile`, which reads them, too",
  })
})

// Older ones have other rules of broadcasting; onnxruntime promises nothing below.
const oldest = 7

/** The version of the operators that a model is written for. Errors: none said, or one older than opset 7. */
export const opsetOf = Effect.fnUntraced(function* ({ opsets }: Model.Model): Effect.fn.Return<number, StageError> {
  const opset = opsets.get("") ?? opsets.get("ai.onnx")
  if (opset !== undefined && opset >= oldest) return opset
  return yield* new StageError({
    message:
      opset === undefined
        ? "the encoder does not say which opset its operators are of"
        : `the encoder's operators are of opset ${opset}, and the oldest that can be run is ${oldest}`,
    hint: "bring it to a newer one: onnx.save(onnx.version_converter.convert_version(onnx.load(path), 17), path)",
  })
})
