import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { rows } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import * as Session from "../src/onnx/Session.ts"
import { inference } from "./extraction/inference.ts"
import { onlyEncoder, readModel } from "./extraction/model.ts"
import { featureOutput, type ImageInput, imageInput } from "./extraction/ports.ts"
import { type Normalisation, wrap } from "./extraction/wrap.ts"
import { Encoder, Features, Pixels } from "./tables.ts"

const Channels = <S extends Schema.Top>(each: S) => Schema.Tuple([each, each, each])
const Positive = Schema.Finite.check(Schema.isGreaterThan(0))

const Params = Schema.Struct({
  input: Schema.optionalKey(Schema.String),
  output: Schema.optionalKey(Schema.String),
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

/**
 * Runs a pretrained encoder on images. Any ONNX file will do: the input, its
 * layout (`nchw`, `nhwc`), type (uint8, float16, float32, float64) and batch
 * (any, or a fixed number) are read from it. Features are `output` by name
 * (any value that the model describes), or else the output called `features`,
 * the only one of rank 2, or the only one of rank 4; a map of rank 4 is averaged
 * over height and width. They come out as float32.
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
 * Errors: no ONNX model, weights in other files, inputs or outputs that leave a
 * choice, images of another size, an operator that onnxruntime does not know,
 * features that are NaN or infinite.
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
  environment: Session.environment,
  open: Effect.fnUntraced(function* ({ encoder }, params) {
    const onnx = yield* onlyEncoder(encoder)
    const model = yield* readModel(onnx)
    const input = yield* imageInput(model, params)
    yield* checkNormalisation(input, params)
    const output = yield* featureOutput(model, params, input.layout)
    const wrapped = yield* wrap(onnx, input, output, {
      bgr: params.channels === "bgr",
      normalisation: normalisationOf(params),
      opset: model.opsets.get("") ?? model.opsets.get("ai.onnx") ?? 1,
    })

    return yield* inference(wrapped, input)
  }),
})
