import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Cores } from "../src/dsl/Services.ts"
import { rows } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import * as Session from "../src/onnx/Session.ts"
import { inference } from "./extraction/inference.ts"
import { inferred } from "./extraction/inferred.ts"
import { type ImageInput, imageInput } from "./extraction/input.ts"
import { onlyEncoder, opsetOf, readModel } from "./extraction/model.ts"
import { featureOutput } from "./extraction/output.ts"
import { type Normalisation, wrap } from "./extraction/wrap.ts"
import { Encoder, Features, Pixels } from "./tables.ts"

const Channels = <S extends Schema.Top>(each: S) => Schema.Tuple([each, each, each])
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

/** How images are fed to an encoder, and what is taken of what it gives. */
export const Params = Schema.Struct({
  input: Schema.optionalKey(Schema.String),
  output: Schema.optionalKey(Schema.String),
  tokens: Schema.optionalKey(Schema.Literals(["first", "mean"])),
  layout: Schema.optionalKey(Schema.Literals(["nchw", "nhwc"])),
  channels: Schema.Literals(["rgb", "bgr"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("rgb" as const))),
  scale: Schema.optionalKey(Positive),
  mean: Schema.optionalKey(Channels(Schema.Finite)),
  std: Schema.optionalKey(Channels(Positive)),
})

type Params = typeof Params.Type

/** Bytes are taken as they are unless something is said; `mean` and `std` alone are in 0..1, as everywhere. */
const normalisationOf = ({ mean, scale, std }: Params): Normalisation => ({
  scale: scale ?? (mean === undefined && std === undefined ? 1 : 1 / 255),
  mean: mean ?? [0, 0, 0],
  std: std ?? [1, 1, 1],
})

const checkNormalisation = (input: ImageInput, { mean, scale, std }: Params) =>
  input.type === "uint8" && (scale ?? mean ?? std) !== undefined
    ? Effect.fail(
        new StageError({
          message: `the encoder's input ${input.name} takes bytes, so it normalises by itself`,
          hint: "leave `scale`, `mean` and `std` out",
        }),
      )
    : Effect.void

/** Opens an encoder, and gives what makes features of a batch of images. */
export const features = Effect.fnUntraced(function* (onnx: Uint8Array, params: Params) {
  const model = yield* readModel(onnx)
  const input = yield* imageInput(model, params)
  yield* checkNormalisation(input, params)
  const opset = yield* opsetOf(model)
  const cores = yield* Cores
  const infer = (name: string) => cores.use(1)(inferred(onnx, [name], input))
  const output = yield* featureOutput(model, params, input, infer)
  const wrapped = yield* wrap(onnx, input, output, {
    bgr: params.channels === "bgr",
    normalisation: normalisationOf(params),
    opset,
  })

  return yield* inference(wrapped, input)
})

/**
 * Runs a pretrained encoder on images. Any ONNX file will do: the input, its
 * layout (`nchw`, `nhwc`), type (uint8, float16, float32, float64) and batch
 * (any, or a fixed number) are read from it; its operators may be those of any
 * opset from 7 on that onnxruntime knows. Features are `output` by name
 * (any value that the model computes, `/layer4/relu_output`, be it an output or
 * not), or else the output called `features`, the only one of rank 2, or the
 * only one of rank 4; a map of rank 4 is averaged over height and width, and of
 * one of rank 3, `[batch, tokens, width]`, `tokens` takes the `first` token (the
 * class's, where there is one) or the `mean` of all. They come out as float32.
 *
 * A float model is fed `(byte * scale - mean) / std`, channel by channel:
 * - nothing given: bytes as they are, 0..255;
 * - `mean` and `std` as torchvision and timm list them: for values in 0..1, so
 *   `scale` is 1/255 unless given;
 * - `scale: 1 / 255` alone: values in 0..1;
 * - `scale: 1, mean: [128, 128, 128]`: bytes less 128.
 *
 * `channels: "bgr"` is for models that take blue first; `mean` and `std` are
 * in the encoder's own order of channels.
 *
 * Errors: no ONNX model, inputs or outputs that leave a choice, no value of the
 * name, images of another size, an opset or operator that onnxruntime does not
 * know, features that are NaN or infinite.
 *
 * @example
 * const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const
 * const features = extract({ encoder: onnxFile({ file: "dino.onnx" }), pixels }, imagenet)
 */
export const extract = rows("extract", {
  module: import.meta,
  params: Params,
  inputs: { encoder: Encoder, pixels: Pixels },
  output: Features,
  over: "pixels",
  environment: Session.environmentOnDevice,
  open: Effect.fnUntraced(function* ({ encoder }, params) {
    return yield* features(yield* onlyEncoder(encoder), params)
  }),
})
