/** Residual networks with random weights, of the sizes that are in use: to measure with, not to learn from. */
import * as Graph from "../src/onnx/Graph.ts"
import * as Tensor from "../src/onnx/Tensor.ts"

/** Random numbers that are the same each time: a linear congruential generator, scaled to ±`scale`. */
const noise = (seed: number) => {
  let state = seed >>> 0
  return (length: number, scale: number) => {
    const data = new Float32Array(length)
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      data[i] = (state / 2 ** 31 - 1) * scale
    }
    return data
  }
}

const layers = (g: Graph.Graph) => {
  const random = noise(1)
  const conv = (x: Graph.Value, from: number, to: number, kernel: number, stride: number): Graph.Value => {
    // Uniform with a variance of 1 / inputs: values keep their size from layer to layer.
    const weights = random(to * from * kernel * kernel, Math.sqrt(3 / (from * kernel * kernel)))
    const pad = (kernel - 1) / 2
    return g.op(
      "Conv",
      [
        x,
        g.constant(Tensor.float32([to, from, kernel, kernel], weights)),
        g.constant(Tensor.float32([to], random(to, 0.1))),
      ],
      { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
    )
  }
  const relu = (x: Graph.Value) => g.op("Relu", [x])
  const joined = (x: Graph.Value, y: Graph.Value, from: number, to: number, stride: number) =>
    relu(g.op("Add", [y, from === to && stride === 1 ? x : conv(x, from, to, 1, stride)]))
  return { conv, relu, joined }
}

/** ResNet-20 for images of 32 x 32: `input` `[batch, 3, 32, 32]` float32, `features` `[batch, 64]`. */
export const resnet20 = () => {
  const g = Graph.make("resnet20")
  const { conv, joined, relu } = layers(g)
  let x = relu(conv(g.input("input", "float32", ["batch", 3, 32, 32]), 3, 16, 3, 1))
  let width = 16
  for (const to of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) {
      const stride = block === 0 && to > 16 ? 2 : 1
      x = joined(x, conv(relu(conv(x, width, to, 3, stride)), to, to, 3, 1), width, to, stride)
      width = to
    }
  }
  g.output("features", g.op("Flatten", [g.op("GlobalAveragePool", [x])]), "float32", ["batch", 64])
  return g.bytes
}

/** ResNet-50 for images of 224 x 224: `input` `[batch, 3, 224, 224]` float32, `features` `[batch, 2048]`. */
export const resnet50 = () => {
  const g = Graph.make("resnet50")
  const { conv, joined, relu } = layers(g)
  const stem = relu(conv(g.input("input", "float32", ["batch", 3, 224, 224]), 3, 64, 7, 2))
  let x = g.op("MaxPool", [stem], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] })
  let width = 64
  for (const [inner, blocks] of [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ] as const) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && inner > 64 ? 2 : 1
      const y = conv(relu(conv(relu(conv(x, width, inner, 1, 1)), inner, inner, 3, stride)), inner, inner * 4, 1, 1)
      x = joined(x, y, width, inner * 4, stride)
      width = inner * 4
    }
  }
  g.output("features", g.op("Flatten", [g.op("GlobalAveragePool", [x])]), "float32", ["batch", 2048])
  return g.bytes
}
