import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder, Pixels } from "../../tables.ts"
import { eigen } from "./eigen.ts"
import { evened, finish, pooled, Side, start } from "./graphs.ts"
import { kmeans } from "./kmeans.ts"
import { addMoments, opened, tensorOf } from "./moments.ts"
import { type Patches, samplePatches } from "./patches.ts"

const Params = Schema.Struct({
  side: Side,
  seed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})

const WINDOW = 6
const CLUSTERS = 96
const ITERATIONS = 20
const PATCHES = 20_000
/** Pixels from one patch of an image to the next, and cells along a side of the image. */
const STRIDE = 2
const CELLS = 2
/** What is added to variances before dividing: Coates et al.'s 10 for pixels in 0..255, and .1 when whitening. */
const CONTRAST = 10 / 255 ** 2
const WHITEN = 0.1

/** Rows `[count, width]` of mean 0 and variance about 1 each. */
const contrastNormalised = (g: Graph.Graph, rows: Graph.Value): Graph.Value => {
  const axis = g.constant(Tensor.int64([1], [1]))
  const centred = g.op("Sub", [rows, g.op("ReduceMean", [rows, axis], { keepdims: 1 })])
  const variance = g.op("ReduceMean", [g.op("Mul", [centred, centred]), axis], { keepdims: 1 })
  return g.op("Div", [centred, g.op("Sqrt", [g.op("Add", [variance, g.constant(Tensor.float32([], [CONTRAST]))])])])
}

/** The map `[width, width]` that makes patches uncorrelated (ZCA, Bell and Sejnowski, 1997), and their mean. */
const whitening = Effect.fnUntraced(function* (patches: Patches) {
  const { width } = patches
  const g = Graph.make("moments")
  addMoments(g, contrastNormalised(g, g.input("patches", "float32", [patches.count, width])), patches)
  const run = yield* opened(g)
  const { covariance, mean } = yield* run({ patches: tensorOf(patches) }, { mean: "float32", covariance: "float32" })
  const { values, vectors } = eigen(covariance.data, width)
  const map = new Float32Array(width * width)
  for (let i = 0; i < width; i++) {
    for (let j = 0; j < width; j++) {
      const entry = (sum: number, v: Float64Array, k: number) =>
        sum + ((v[i] ?? 0) * (v[j] ?? 0)) / Math.sqrt(Math.max(0, values[k] ?? 0) + WHITEN)
      map[i * width + j] = vectors.reduce(entry, 0)
    }
  }
  return { map, mean: mean.data }
}, Effect.scoped)

/** Patches after contrast normalisation and whitening. */
const whitened = Effect.fnUntraced(function* (patches: Patches, map: Float32Array, mean: Float32Array) {
  const { count, width } = patches
  const g = Graph.make("whiten")
  const normal = contrastNormalised(g, g.input("patches", "float32", [count, width]))
  const centred = g.op("Sub", [normal, g.constant(Tensor.float32([width], mean))])
  g.output("white", g.op("MatMul", [centred, g.constant(Tensor.float32([width, width], map))]), "float32", [
    count,
    width,
  ])
  const run = yield* opened(g)
  const { white } = yield* run({ patches: tensorOf(patches) }, { white: "float32" })
  return { count, width, data: white.data }
}, Effect.scoped)

/** Whitening and centroids learned from patches, with the inertia by iteration. */
export const learnCentroids = Effect.fnUntraced(function* (patches: Patches, seed: number) {
  const { map, mean } = yield* whitening(patches)
  const white = yield* whitened(patches, map, mean)
  const { centroids, inertia } = yield* kmeans(white, { clusters: CLUSTERS, iterations: ITERATIONS, seed })
  return { map, mean, centroids, inertia }
})

/**
 * Single-layer feature learning by k-means (Coates, Lee and Ng, 2011, An
 * Analysis of Single-Layer Networks in Unsupervised Feature Learning): 96
 * centroids of whitened 6 x 6 patches of the training images, learned without
 * labels. Of an image's patches, two pixels apart, each activates the centroids
 * nearer than the average one by how much nearer they are (the "triangle"), and
 * means over quadrants are its 384 features.
 */
export const kmeansPatches = whole("kmeansPatches", {
  module: import.meta,
  params: Params,
  inputs: { pixels: Pixels },
  output: Encoder,
  environment: Session.environment,
  label: () => "kmeansPatches",
  run: Effect.fnUntraced(function* ({ pixels }, { seed, side }) {
    const patches = yield* samplePatches(pixels, { window: WINDOW, most: PATCHES, seed })
    const { centroids, map, mean } = yield* learnCentroids(patches, seed)
    const { width } = patches

    const { g, planes } = start("kmeansPatches", side)
    const number = (value: number) => g.constant(Tensor.float32([], [value]))
    const axis = g.constant(Tensor.int64([1], [1]))
    const window = { kernel_shape: [WINDOW, WINDOW], strides: [STRIDE, STRIDE] }

    // Each patch's own mean and deviation, as windows slide over the image.
    const meanOf = (x: Graph.Value) => g.op("AveragePool", [g.op("ReduceMean", [x, axis], { keepdims: 1 })], window)
    const own = meanOf(planes)
    const variance = g.op("Sub", [meanOf(g.op("Mul", [planes, planes])), g.op("Mul", [own, own])])
    const deviation = g.op("Sqrt", [g.op("Add", [g.op("Relu", [variance]), number(CONTRAST)])])

    // Whitening is linear: of the patch itself, of its mean, and of the mean patch.
    const filters = g.constant(Tensor.float32([width, 3, WINDOW, WINDOW], map))
    const rowSums = new Float32Array(width)
    const offset = new Float32Array(width)
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) {
        rowSums[i] = (rowSums[i] ?? 0) + (map[i * width + j] ?? 0)
        offset[i] = (offset[i] ?? 0) + (map[i * width + j] ?? 0) * (mean[j] ?? 0)
      }
    }
    const perChannel = (values: Float32Array) => g.constant(Tensor.float32([1, width, 1, 1], values))
    const centred = g.op("Sub", [g.op("Conv", [planes, filters], window), g.op("Mul", [own, perChannel(rowSums)])])
    const white = g.op("Sub", [g.op("Div", [centred, deviation]), perChannel(offset)])

    const lengths = Float32Array.from({ length: CLUSTERS }, (_, k) =>
      centroids.subarray(k * width, (k + 1) * width).reduce((sum, x) => sum + x * x, 0),
    )
    const twice = g.constant(
      Tensor.float32(
        [CLUSTERS, width, 1, 1],
        centroids.map((x) => -2 * x),
      ),
    )
    const products = g.op("Conv", [white, twice, g.constant(Tensor.float32([CLUSTERS], lengths))])
    const square = g.op("Add", [products, g.op("ReduceSumSquare", [white, axis], { keepdims: 1 })])
    const distance = g.op("Sqrt", [g.op("Relu", [square])])
    const triangle = g.op("Relu", [g.op("Sub", [g.op("ReduceMean", [distance, axis], { keepdims: 1 }), distance])])

    const positions = Math.floor((side - WINDOW) / STRIDE) + 1
    const rows = g.op("Flatten", [pooled(g, triangle, positions, CELLS)])
    return yield* finish(g, evened(g, rows), CLUSTERS * CELLS * CELLS)
  }),
})
