import * as Schema from "effect/Schema"
import * as Effect from "effect/Effect"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder } from "../../tables.ts"
import { random } from "../../random.ts"
import { evened, finish, pooled, Side, start } from "./graphs.ts"

const Params = Schema.Struct({
  side: Side,
  /** How many layers of convolution, 1 to 3. */
  depth: Schema.Literals([1, 2, 3]),
  seed: Schema.Int.pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
})

/** Channels after each layer. */
const CHANNELS = [32, 64, 96]
/** Side of the filters of the first layer, and of the others. */
const FIRST = 5
const NEXT = 3
/** Cells along a side of the image. */
const CELLS = 2

/**
 * A convolutional network that has learned nothing: 5 x 5 and then 3 x 3
 * filters drawn from a normal distribution of variance 2 / inputs (He et al.,
 * 2015), each layer with ReLU and maxima over 2 x 2, at last means over
 * quadrants. Features: 128, 256 or 384 by depth. Filters of the first layer sum
 * to 0, so that they see contrast, not brightness. That such networks are far
 * better than chance is shown by Saxe et al. (2011, On Random Weights and
 * Unsupervised Feature Learning).
 */
export const randomConv = whole("randomConv", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: ({ depth, seed }) => `randomConv${depth}${seed === 0 ? "" : ` seed ${seed}`}`,
  run: (_, { depth, seed, side }) => {
    const { g, planes } = start("randomConv", side)
    const { normal } = random(`randomConv/${seed}`)
    let maps = planes
    let channels = 3
    let size = side
    for (let layer = 0; layer < depth; layer++) {
      const window = layer === 0 ? FIRST : NEXT
      const inputs = channels * window * window
      const outputs = CHANNELS[layer] ?? channels
      const filters = Array.from({ length: outputs }, () => {
        const filter = Array.from({ length: inputs }, () => normal() * Math.sqrt(2 / inputs))
        const mean = layer === 0 ? filter.reduce((sum, weight) => sum + weight, 0) / inputs : 0
        return filter.map((weight) => weight - mean)
      })
      const weights = g.constant(Tensor.float32([outputs, channels, window, window], filters.flat()))
      const rectified = g.op("Relu", [g.op("Conv", [maps, weights])])
      maps = g.op("MaxPool", [rectified], { kernel_shape: [2, 2], strides: [2, 2] })
      size = Math.floor((size - window + 1) / 2)
      channels = outputs
    }
    const cells = g.op("Flatten", [pooled(g, maps, size, CELLS)])
    return finish(g, evened(g, cells), channels * CELLS * CELLS)
  },
})
