/** What those values of an encoder are that the model does not describe. */
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import { Device } from "../../src/onnx/Device.ts"
import * as Model from "../../src/onnx/Model.ts"
import * as Session from "../../src/onnx/Session.ts"
import type * as Tensor from "../../src/onnx/Tensor.ts"
import { listed } from "../checkpoints/listed.ts"
import type { ImageInput } from "./input.ts"
import { refused } from "./refused.ts"

// What most encoders were made for; how many axes a value has is the same for other sides.
const usualSide = 224

// Numbers of the image that is tried, which a damaged file may make any number of.
const largest = 2 ** 28

const sizeOf = ({ batch = 1, height = usualSide, width = usualSide }: ImageInput) => batch * height * width * 3

/** A black image of the sides that the encoder takes. */
const black = (input: ImageInput): Tensor.Tensor => {
  const { batch = 1, height = usualSide, layout, type, width = usualSide } = input
  const dims = layout === "nchw" ? [batch, 3, height, width] : [batch, height, width, 3]
  const size = sizeOf(input)
  switch (type) {
    case "uint8":
      return { type, dims, data: new Uint8Array(size) }
    case "float16":
      return { type, dims, data: new Uint16Array(size) }
    case "float32":
      return { type, dims, data: new Float32Array(size) }
    case "float64":
      return { type, dims, data: new Float64Array(size) }
  }
}

const floats = ["float16", "float32", "float64"] as const

const unknown = (names: ReadonlyArray<string>) => (cause: { readonly message: string }) =>
  new StageError({
    message: `the encoder does not say what its values ${listed(names)} are, and it could not be found out: ${cause.message}`,
    hint: "add shapes to the file: onnx.save(onnx.shape_inference.infer_shapes(onnx.load(path)), path)",
    cause,
  })

/**
 * The types and dims of some values, as onnxruntime infers them, or else, those
 * of floating-point numbers, as they are for a black image.
 *
 * It takes a core. Errors: an encoder that cannot be opened, or that fails on that image.
 */
export const inferred = Effect.fnUntraced(
  function* (onnx: Uint8Array, names: ReadonlyArray<string>, input: ImageInput) {
    const giving = yield* Effect.mapError(Model.giving(onnx, names), unknown(names))
    const session = yield* Effect.mapError(Session.open(giving), refused)
    // No dims stand for one number, or for a number of axes that is not known.
    const late = session.outputs.flatMap(({ dims, name, type }) =>
      floats.filter((float) => float === type && dims.length === 0).map((float) => [name, float] as const),
    )
    if (late.length > 0 && sizeOf(input) > largest) {
      return yield* unknown(names)({ message: `its images are ${input.height} x ${input.width}` })
    }
    const tried =
      late.length === 0
        ? {}
        : yield* session
            .run({ [input.name]: black(input) }, Object.fromEntries(late))
            .pipe(Effect.mapError(unknown(late.map(([name]) => name))))
    const fixed = input.height !== undefined && input.width !== undefined
    return session.outputs.map(({ dims, name, type }): Model.Described => {
      const found = tried[name]?.dims.map((size, axis) => (fixed && axis > 0 ? size : ""))
      return { name, type, dims: dims.length > 0 ? dims : found }
    })
  },
  Effect.scoped,
  Effect.provideService(Device, "cpu"),
)
