/** An encoder's ONNX model in another precision. Loads the protobuf library: import it dynamically. */
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Proto from "../../src/onnx/proto.ts"
import { toFloat16 } from "./float16.ts"
import { toInt8 } from "./int8.ts"
import { elements, type Network, open } from "./Network.ts"

/** What encoders can be converted to: float16, or whole numbers of 8 bits where that is worth it. */
export type Precision = "fp16" | "int8"

// The first that has all that is put into a network.
const oldest = 11

const quantised: ReadonlySet<string> = new Set([
  "ConvInteger",
  "DequantizeLinear",
  "DynamicQuantizeLinear",
  "MatMulInteger",
  "MatMulNBits",
  "QLinearConv",
  "QLinearMatMul",
  "QuantizeLinear",
])

const bytesOf = ({ weights }: Network, type: number): number =>
  [...weights.values()].reduce((sum, { dataType, rawData }) => sum + (dataType === type ? rawData.length : 0), 0)

/** Why a network cannot be converted, and what to do; undefined where it can. */
const obstacle = (network: Network): { readonly message: string; readonly hint: string } | undefined => {
  const { graph, opset, weights } = network
  if (opset === 0) {
    return { message: "the encoder does not say which opset its operators are of", hint: "export it again" }
  }
  if (opset < oldest) {
    return {
      message: `the encoder's operators are of opset ${opset}, and to convert it they must be of ${oldest} or a later one`,
      hint: "bring it to a newer one: onnx.save(onnx.version_converter.convert_version(onnx.load(path), 17), path)",
    }
  }
  const original = "take the file in float32"
  if (graph.node.some(({ opType }) => quantised.has(opType))) {
    return { message: "the encoder is quantised already: its weights are whole numbers", hint: original }
  }
  const halves = bytesOf(network, elements.float16) + bytesOf(network, elements.bfloat16)
  if (halves > bytesOf(network, elements.float32)) {
    return { message: "the encoder's weights are in 16 bits already", hint: original }
  }
  return [...weights.values()].some(({ dataType }) => dataType === elements.float32)
    ? undefined
    : { message: "the encoder has no weights in float32 that could be converted", hint: original }
}

const convertors = { fp16: toFloat16, int8: toInt8 }

/**
 * Converts a model, and counts the weights that were converted.
 *
 * Errors: operators older than opset 11 or of no opset, weights in 8 or 16 bits
 * already, none in float32, nothing that could be converted.
 */
export const convert = Effect.fnUntraced(function* (onnx: Uint8Array, to: Precision) {
  const network = open(onnx)
  const problem = obstacle(network)
  if (problem !== undefined) return yield* new StageError(problem)
  const work = convertors[to](network)
  if (work.length === 0) {
    return yield* new StageError({
      message:
        to === "int8"
          ? "the encoder has no convolution and no product with a matrix of weights in float32: nothing to quantise"
          : "none of the encoder's weights is used in a way that float16 is safe for",
      hint: "leave it in float32",
    })
  }
  // A large network takes seconds, and others have work to do meanwhile.
  yield* Effect.forEach(work, (step) => Effect.andThen(Effect.sync(step), Effect.yieldNow), { discard: true })
  return { onnx: Proto.encode(network.model), weights: work.length }
})
