import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Batches from "../../src/arrow/Batch.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import { type Node, named } from "../../src/dsl/Node.ts"
import { optional, type Reader, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import { features, Params as Feeding } from "../extract.ts"
import { imageInput } from "../extraction/input.ts"
import { onlyEncoder, readModel } from "../extraction/model.ts"
import { imagenet } from "../checkpoints/registry/recipes.ts"
import { Encoder, Pixels } from "../tables.ts"
import { deviation } from "./deviation.ts"
import { seeded } from "./seeded.ts"
import { Converted } from "./tables.ts"

const Params = Schema.Struct({
  /** float16, or 8 bits for weights and inputs of large products. */
  to: Schema.Literals(["fp16", "int8"]),
  ...Feeding.fields,
})
type Params = typeof Params.Type

/** How many images are drawn. */
const drawn = 16
/** How many are taken at most of those that are given. */
const most = 256
/** Sides of images where the encoder takes any. */
const usualSide = 224

/** The first of the images that are given. */
const firstOf = Effect.fnUntraced(function* (pixels: Reader<typeof Pixels>) {
  const taken: Array<Batch<typeof Pixels>> = []
  let count = 0
  yield* Stream.runForEach(
    Stream.takeUntil(pixels.batches, ({ id }) => (count += id.length) >= most),
    (batch) => Effect.sync(() => taken.push(batch)),
  )
  const all = Batches.concat(Pixels, taken)
  return Batches.slice(Pixels, all, 0, Math.min(most, all.id.length))
})

const failed = (to: Params["to"]) => (error: StageError) =>
  new StageError({
    ...error,
    message: `the encoder in ${to}: ${error.message}`,
    hint:
      to === "fp16"
        ? "numbers may be too large for float16, or the GPU may lack it: leave it in float32, or try int8"
        : "leave it in float32",
  })

/** The stage itself; nodes of {@link precision} have a name beside it. */
export const stage = whole("precision", {
  module: import.meta,
  params: Params,
  inputs: { encoder: Encoder, pixels: optional(Pixels) },
  output: Converted,
  environment: Session.environmentOnDevice,
  run: Effect.fnUntraced(function* ({ encoder, pixels }, { to, ...said }) {
    const before = yield* onlyEncoder(encoder)
    const input = yield* imageInput(yield* readModel(before), said)
    const { convert } = yield* Effect.promise(() => import("./convert.ts"))
    const { onnx, weights } = yield* convert(before, to)

    const images =
      pixels === undefined ? seeded(drawn, input.height ?? usualSide, input.width ?? usualSide) : yield* firstOf(pixels)
    const plain = input.type !== "uint8" && (said.scale ?? said.mean ?? said.std) === undefined
    const feeding = plain ? { ...said, ...imagenet } : said
    const of = Effect.fnUntraced(function* (model: Uint8Array) {
      const step = yield* features(model, feeding)
      const found = yield* step(images)
      return { rows: found.id.length, data: found.features.data }
    }, Effect.scoped)
    const right = yield* of(before)
    const found = yield* Effect.mapError(of(onnx), failed(to))
    if (right.rows === 0) return yield* new StageError({ message: "there are no images to compare features of" })
    const differ = deviation(right, found)
    return {
      onnx: [onnx],
      precision: [to],
      bytesBefore: Float64Array.of(before.length),
      bytes: Float64Array.of(onnx.length),
      weights: Int32Array.of(weights),
      images: Int32Array.of(right.rows),
      drawn: [pixels === undefined ? "seeded" : "given"],
      meanCosine: Float64Array.of(differ.meanCosine),
      leastCosine: Float64Array.of(differ.leastCosine),
      deviation: Float64Array.of(differ.deviation),
    }
  }),
})

/** What a node is called in the names of those that stand on it. */
const nameOf = ({ label, params, stage }: Node): string =>
  label ??
  Option.getOrUndefined(Option.map(Schema.decodeUnknownOption(stage.params)(params), (read) => stage.label?.(read))) ??
  stage.name

/**
 * An encoder in another precision, in place of the one that it is made of:
 *
 * - `fp16`: weights and arithmetic in float16, half the file. Inputs and outputs
 *   stay float32, and so do operators for which float16 is unsafe (see
 *   `float16.ts`). Processors mostly compute it in float32 between
 *   roundings, which is slower than float32 alone; GPUs compute it in float16.
 * - `int8`: weights of convolutions and of products with matrices in 8 bits, a
 *   quarter of the file, and these computed in whole numbers ("dynamic
 *   quantisation", see `int8.ts`). All else is in float32.
 *
 * An encoder that is converted is another one: features are extracted again,
 * and its results stand beside those in float32. How far its features are from
 * those is measured, on the first 256 images of `pixels` or, where none are
 * given, on 16 images drawn from a seed, and recorded beside it:
 * `pipeline log NODE` says it. The other params are those of `extract` and say
 * how these images are fed; where neither `scale`, `mean` nor `std` is given,
 * an encoder that takes no bytes gets them with ImageNet's mean and std. They
 * change what is measured, not what is made.
 *
 * Errors: no ONNX model; operators older than opset 11; weights in 8 or 16 bits
 * already, or none to convert; features that are NaN or infinite.
 *
 * @example
 * const half = precision(encoder, { to: "fp16" })
 */
export const precision = (
  inputs: Node<typeof Encoder> | { readonly encoder: Node<typeof Encoder>; readonly pixels?: Node<typeof Pixels> },
  params: typeof Params.Encoded,
): Node<typeof Converted> =>
  named(stage(inputs, params), `${nameOf("encoder" in inputs ? inputs.encoder : inputs)} ${params.to}`)
