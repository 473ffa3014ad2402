/** A small network of known features, as exporters of any age write it. */
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"

const filters = 4

/** `[filters, 3, 3, 3]`, and a bias each. */
const weights = Float32Array.from({ length: filters * 27 }, (_, i) => ((i * 7) % 11) / 64 - 0.05)
const biases = [1, -2, 0.5, -300]

/** How the network takes images. */
export interface Making {
  readonly type?: "uint8" | "float32"
  readonly layout?: "nchw" | "nhwc"
}

/**
 * Convolution, rectification, the largest of two by two, the mean over the
 * places, and twice that as `logits`. Its values are called `conv`, `relu`,
 * `maxpool`, `globalaveragepool` and `flatten`, and nothing says what they are.
 */
export const network = ({ layout = "nchw", type = "float32" }: Making = {}) => {
  const g = Graph.make("network")
  const x = g.input("image", type, layout === "nchw" ? ["n", 3, "h", "w"] : ["n", "h", "w", 3])
  const real = type === "uint8" ? g.op("Cast", [x], { to: 1 }) : x
  const planes = layout === "nchw" ? real : g.op("Transpose", [real], { perm: [0, 3, 1, 2] })
  const w = g.constant(Tensor.float32([filters, 3, 3, 3], weights), "weights")
  const b = g.constant(Tensor.float32([filters], biases), "biases")
  const conv = g.op("Conv", [planes, w, b], { kernel_shape: [3, 3] })
  const pool = g.op("MaxPool", [g.op("Relu", [conv])], { kernel_shape: [2, 2], strides: [2, 2] })
  const row = g.op("Flatten", [g.op("GlobalAveragePool", [pool])])
  const two = g.constant(Tensor.float32([1], [2]), "two")
  g.output("logits", g.op("Mul", [row, two]), "float32", ["n", filters])
  return g.bytes
}

/** What `flatten` is for an image of one colour: no place differs from another. */
export const featuresOf = (colour: readonly [number, number, number]): ReadonlyArray<number> =>
  biases.map((bias, filter) => {
    const sum = weights
      .subarray(filter * 27, (filter + 1) * 27)
      .reduce((sum, weight, i) => sum + weight * (colour[Math.floor(i / 9)] ?? 0), bias)
    return Math.max(0, sum)
  })
