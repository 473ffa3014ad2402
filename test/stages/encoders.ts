/** Small encoders whose features are known: means of the channels, as they were fed. */
import type * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

const casts = { uint8: 2, float16: 10, float32: 1, float64: 11 }

interface Making {
  readonly type?: keyof typeof casts
  readonly layout?: "nchw" | "nhwc"
  readonly batch?: number
  readonly sides?: readonly [height: number | string, width: number | string]
  /** What is given out, by name; `features` where nothing is said. */
  readonly outputs?: ReadonlyArray<
    readonly [name: string, what: "row" | "map" | "planes" | "tokens" | "scaled" | "index"]
  >
  readonly outputType?: "float16" | "float32" | "float64"
}

/**
 * An encoder whose features `row` are the mean of each channel. `map` is the
 * image itself, `planes` the image in nchw, `tokens` the image as a list of pixels, `scaled` the row times ten.
 */
export const means = (making: Making = {}): Effect.Effect<Uint8Array> => {
  const { layout = "nchw", outputs = [["features", "row"]], outputType = "float32", type = "float32" } = making
  const g = Graph.make("means")
  const batch = making.batch ?? "batch"
  const [height, width] = making.sides ?? ["height", "width"]
  const x = g.input("image", type, layout === "nchw" ? [batch, 3, height, width] : [batch, height, width, 3])
  const real = g.op("Cast", [x], { to: casts.float32 })
  const planes = layout === "nchw" ? real : g.op("Transpose", [real], { perm: [0, 3, 1, 2] })
  const row = g.op("Flatten", [g.op("GlobalAveragePool", [planes])])
  const ten = g.constant(Tensor.float32([], [10]))
  const made = {
    row: () => [row, [batch, 3]] as const,
    scaled: () => [g.op("Mul", [row, ten]), [batch, 3]] as const,
    map: () => [real, layout === "nchw" ? [batch, 3, height, width] : [batch, height, width, 3]] as const,
    planes: () => [planes, [batch, 3, height, width]] as const,
    tokens: () => [g.op("Reshape", [planes, g.constant(Tensor.int64([3], [0, 3, -1]))]), [batch, 3, "pixels"]] as const,
    index: () => [g.op("ArgMax", [row], { axis: 1 }), [batch, 1]] as const,
  }
  for (const [name, what] of outputs) {
    const [value, dims] = made[what]()
    if (what === "index") g.output(name, value, "int64", dims)
    else g.output(name, g.op("Cast", [value], { to: casts[outputType] }), outputType, dims)
  }
  return g.bytes
}
