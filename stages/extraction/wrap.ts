/** What is put before and after an encoder, so that bytes go in and rows of float32 come out. */
import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { ImageInput } from "./input.ts"
import type { FeatureOutput } from "./output.ts"

/** `(value * scale - mean) / std`, channel by channel in the order in which the encoder takes them. */
export interface Normalisation {
  readonly scale: number
  readonly mean: readonly [number, number, number]
  readonly std: readonly [number, number, number]
}

/** What the wrapped model's ports are called: names that no exporter gives. */
export const ports = {
  /** `[rows, height, width, 3]` uint8, RGB. */
  pixels: "rankshift/pixels",
  /** `[rows, width]` float32. */
  features: "rankshift/features",
  /** `[rows]` float32: 0 where all features of a row are finite, else NaN. */
  finite: "rankshift/finite",
} as const

// TensorProto.DataType
const casts = { float32: 1, float16: 10, float64: 11 }

// The opsets since which these take their axes as an input, and not as an attribute.
const axesAsInput = { ReduceSum: 13, ReduceMean: 18 }

const reduced = (g: Graph.Graph, type: keyof typeof axesAsInput, x: Graph.Value, opset: number) =>
  opset < axesAsInput[type]
    ? g.op(type, [x], { axes: [1], keepdims: 0 })
    : g.op(type, [x, g.constant(Tensor.int64([1], [1]))], { keepdims: 0 })

const normalise = (g: Graph.Graph, x: Graph.Value, channel: ReadonlyArray<number>, wanted: Normalisation) => {
  const { mean, scale, std } = wanted
  const factors = std.map((s) => scale / s)
  const shifts = mean.map((m, i) => m / (std[i] ?? 1))
  const scaled = factors.every((f) => f === 1) ? x : g.op("Mul", [x, g.constant(Tensor.float32(channel, factors))])
  return shifts.every((s) => s === 0) ? scaled : g.op("Sub", [scaled, g.constant(Tensor.float32(channel, shifts))])
}

/** The encoder within a model from {@link ports}`.pixels` to the other two; what only serves other outputs is left out. */
export const wrap = (
  onnx: Uint8Array,
  input: ImageInput,
  output: FeatureOutput,
  options: { readonly bgr: boolean; readonly normalisation: Normalisation; readonly opset: number },
): Effect.Effect<Uint8Array> => {
  const g = Graph.around(onnx)
  const rows = input.batch ?? "rankshift/rows"
  const sides = [input.height ?? "rankshift/height", input.width ?? "rankshift/width"]
  let x = g.input(ports.pixels, "uint8", [rows, ...sides, 3])
  // Moved about while they are bytes: a quarter of the memory.
  if (options.bgr) x = g.op("Gather", [x, g.constant(Tensor.int64([3], [2, 1, 0]))], { axis: 3 })
  if (input.layout === "nchw") x = g.op("Transpose", [x], { perm: [0, 3, 1, 2] })
  if (input.type !== "uint8") {
    const channel = input.layout === "nchw" ? [1, 3, 1, 1] : [3]
    x = normalise(g, g.op("Cast", [x], { to: casts.float32 }), channel, options.normalisation)
    if (input.type !== "float32") x = g.op("Cast", [x], { to: casts[input.type] })
  }
  g.feed(input.name, x)

  let y = g.op("Cast", [g.value(output.name)], { to: casts.float32 })
  if (output.tokens === "first") y = g.op("Gather", [y, g.constant(Tensor.int64([], [0]))], { axis: 1 })
  if (output.tokens === "mean") y = reduced(g, "ReduceMean", y, options.opset)
  if (output.map === "nhwc") y = g.op("Transpose", [y], { perm: [0, 3, 1, 2] })
  if (output.map !== undefined) y = g.op("Flatten", [g.op("GlobalAveragePool", [y])], { axis: 1 })
  g.output(ports.features, y, "float32", [rows, "rankshift/width_of_features"])
  // 0 times a number is 0, times an infinity or NaN it is NaN.
  const zeros = g.op("Mul", [y, g.constant(Tensor.float32([], [0]))])
  g.output(ports.finite, reduced(g, "ReduceSum", zeros, options.opset), "float32", [rows])
  return g.bytes
}
