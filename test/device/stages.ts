/** Pictures, an encoder and a wide probe, drawn from a seed: small, but large enough to be worth a GPU. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Stage } from "../../src/index.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { random } from "../../stages/random.ts"
import { Encoder, Features, Labels, Pixels, Probe } from "../../stages/tables.ts"

const side = 16
const names = (count: number) => Array.from({ length: count }, (_, i) => `picture-${String(i).padStart(5, "0")}`)

const Set = Schema.Struct({ count: Schema.Int, classes: Schema.Int, seed: Schema.Int })

/** Pictures whose class shows in the colours of their sixteen parts, under noise. */
export const pictures = Stage.whole("pictures", {
  module: import.meta,
  params: Set,
  inputs: {},
  output: Pixels,
  label: ({ seed }) => `set ${seed}`,
  run: (_, { classes, count, seed }) =>
    Effect.sync(() => {
      const pattern = random("colours")
      const colours = Array.from({ length: classes * 48 }, () => pattern.between(40, 215))
      const noise = random(`${seed}`)
      const data = new Uint8Array(count * side * side * 3)
      for (let at = 0; at < data.length; at++) {
        const [image, y, x, channel] = [at / 768, (at / 48) % 16, (at / 3) % 16, at % 3].map(Math.floor)
        const part = Math.floor((y ?? 0) / 4) * 4 + Math.floor((x ?? 0) / 4)
        const colour = colours[((image ?? 0) % classes) * 48 + part * 3 + (channel ?? 0)] ?? 0
        data[at] = Math.max(0, Math.min(255, colour + noise.between(-60, 60)))
      }
      return { id: names(count), pixels: { shape: [side, side, 3], data } }
    }),
})

/** Their classes. */
export const classesOf = Stage.whole("classesOf", {
  module: import.meta,
  params: Set,
  inputs: {},
  output: Labels,
  label: ({ seed }) => `set ${seed}`,
  run: (_, { classes, count }) =>
    Effect.succeed({ id: names(count), labels: Array.from({ length: count }, (_, i) => Int32Array.of(i % classes)) }),
})

const drawn = (count: number, scale: number, seed: number) => {
  const r = random(`${seed}`)
  return Float32Array.from({ length: count }, () => r.between(-scale, scale))
}

/** Two convolutions, and the means of what they give: 128 features. */
export const encoder = Stage.whole("encoder", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: {},
  output: Encoder,
  run: () =>
    Effect.gen(function* () {
      const g = Graph.make("encoder")
      const image = g.input("image", "float32", ["batch", 3, side, side])
      const first = g.constant(Tensor.float32([32, 3, 4, 4], drawn(32 * 48, 0.3, 1)))
      const second = g.constant(Tensor.float32([128, 32, 1, 1], drawn(128 * 32, 0.4, 2)))
      const parts = g.op("Relu", [g.op("Conv", [image, first], { strides: [4, 4] })])
      const features = g.op("Relu", [g.op("Conv", [parts, second])])
      const order = g.op("Mul", [features, g.constant(Tensor.float32([1, 128, 4, 4], drawn(128 * 16, 1, 3)))])
      g.output("features", g.op("Flatten", [g.op("GlobalAveragePool", [order])]), "float32", ["batch", 128])
      return { onnx: [yield* g.bytes] }
    }),
})

const wide = { width: 1024, classes: 800 }

/** Features as wide as those of a large encoder. */
export const wideFeatures = Stage.whole("wideFeatures", {
  module: import.meta,
  params: Schema.Struct({ count: Schema.Int }),
  inputs: {},
  output: Features,
  run: (_, { count }) =>
    Effect.succeed({
      id: names(count),
      features: { shape: [wide.width], data: drawn(count * wide.width, 1, 4) },
    }),
})

/** A linear probe of them, so large that it is no matter of a millisecond. */
export const wideProbe = Stage.whole("wideProbe", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: {},
  output: Probe,
  run: () =>
    Effect.gen(function* () {
      const { classes, width } = wide
      const g = Graph.make("wide")
      const weights = g.constant(Tensor.float32([width, classes], drawn(width * classes, 1, 5)))
      g.output("scores", g.op("Gemm", [g.input("features", "float32", ["rows", width]), weights]), "float32", [
        "rows",
        classes,
      ])
      const none = [new Float32Array(0)]
      return {
        protocol: ["wide"],
        variant: ["final"],
        onnx: [yield* g.bytes],
        width: Int32Array.of(width),
        classes: Int32Array.of(classes),
        setting: ["{}"],
        curve: none,
        settings: ["[]"],
        losses: none,
        heldOut: none,
      }
    }),
})
