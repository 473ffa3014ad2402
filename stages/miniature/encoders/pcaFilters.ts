import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder, Pixels } from "../../tables.ts"
import { eigen } from "./eigen.ts"
import { evened, finish, pooled, Side, start } from "./graphs.ts"
import { addMoments, opened, tensorOf } from "./moments.ts"
import { type Patches, samplePatches } from "./patches.ts"

const Params = Schema.Struct({
  side: Side,
  seed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})

/** Pixels along a side of a filter, how many filters, and cells along a side of the image. */
const WINDOW = 7
const FILTERS = 32
const CELLS = 2
const PATCHES = 20_000

/**
 * The leading principal components of patches, each freed of its own mean:
 * orthonormal filters `[32, 3 x 7 x 7]`, the variance along each, and the mean
 * patch. The covariance is an ONNX graph; its eigenvectors (147 x 147) are not,
 * as ONNX has no operator for them.
 */
export const principalFilters = Effect.fnUntraced(function* (patches: Patches) {
  const g = Graph.make("moments")
  const rows = g.input("patches", "float32", [patches.count, patches.width])
  const own = g.op("ReduceMean", [rows, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
  addMoments(g, g.op("Sub", [rows, own]), patches)
  const run = yield* opened(g)
  const { covariance, mean } = yield* run({ patches: tensorOf(patches) }, { mean: "float32", covariance: "float32" })
  const { values, vectors } = eigen(covariance.data, patches.width)
  return { filters: vectors.slice(0, FILTERS), variances: values.slice(0, FILTERS), mean: mean.data }
}, Effect.scoped)

/**
 * Filters learned without labels: the 32 leading principal components of 7 x 7
 * patches of the training images, each scaled to unit variance, and what of
 * their responses is positive and what is negative, averaged over quadrants:
 * 256 features. After the first stage of PCANet (Chan et al., 2015).
 */
export const pcaFilters = whole("pcaFilters", {
  module: import.meta,
  params: Params,
  inputs: { pixels: Pixels },
  output: Encoder,
  environment: Session.environment,
  label: () => "pcaFilters",
  run: Effect.fnUntraced(function* ({ pixels }, { seed, side }) {
    const patches = yield* samplePatches(pixels, { window: WINDOW, most: PATCHES, seed })
    const { filters, mean, variances } = yield* principalFilters(patches)
    const scaled = filters.map((filter, i) => filter.map((x) => x / Math.sqrt((variances[i] ?? 0) + 1e-9)))
    const offsets = scaled.map((filter) => -filter.reduce((sum, x, i) => sum + x * (mean[i] ?? 0), 0))

    const { g, planes } = start("pcaFilters", side)
    const weights = Tensor.float32(
      [FILTERS, 3, WINDOW, WINDOW],
      scaled.flatMap((filter) => [...filter]),
    )
    const responses = g.op("Conv", [planes, g.constant(weights), g.constant(Tensor.float32([FILTERS], offsets))])
    const signs = [g.op("Relu", [responses]), g.op("Relu", [g.op("Neg", [responses])])]
    const cells = signs.map((maps) => pooled(g, maps, side - WINDOW + 1, CELLS))
    const rows = g.op("Flatten", [g.op("Concat", cells, { axis: 1 })])
    return yield* finish(g, evened(g, rows), 2 * FILTERS * CELLS * CELLS)
  }),
})
