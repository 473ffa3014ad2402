import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder } from "../../tables.ts"
import { extended, finish, grey, pooled, Side, start } from "./graphs.ts"

const Params = Schema.Struct({ side: Side })

/** Orientations, between 0 and 180 degrees. */
const BINS = 9
/** Cells along a side of the image. */
const CELLS = 4
/** Cells along a side of a block, and blocks along a side of the image. */
const BLOCK = 2
const BLOCKS = CELLS - BLOCK + 1
/** Channels of a block. */
const DEPTH = BINS * BLOCK * BLOCK
/** No component of a block may be larger. */
const CLIP = 0.2

/**
 * Histograms of oriented gradients, after Dalal and Triggs (2005): central
 * differences of luma, nine unsigned orientations weighted by magnitude and
 * shared between the two nearest bins, 4 x 4 cells, overlapping blocks of 2 x 2
 * cells, each of length 1, clipped at .2 and of length 1 again (L2-Hys). 9
 * blocks of 36 give 324 features. Brightness is lost, colour as well.
 */
export const hog = whole("hog", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: () => "hog",
  run: (_, { side }) => {
    const { g, planes } = start("hog", side)
    const number = (value: number) => g.constant(Tensor.float32([], [value]))

    // [rows, 2, side, side]: differences along x, then along y.
    const differences = Tensor.float32([2, 1, 3, 3], [0, 0, 0, -1, 0, 1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0])
    const gradient = g.op("Conv", [extended(g, grey({ g, planes }), 1), g.constant(differences)])
    const [dx, dy] = g.ops("Split", [gradient], { axis: 1, num_outputs: 2 }, 2)
    const magnitude = g.op("ReduceL2", [gradient, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })

    // The angle of the line, not of the arrow: -90..90 degrees, as `Atan` gives it.
    const flat = g.op("Less", [g.op("Abs", [dx]), number(1e-6)])
    const angle = g.op("Atan", [g.op("Div", [dy, g.op("Where", [flat, number(1e-6), dx])])])
    const place = g.op("Mul", [angle, number(BINS / Math.PI)])
    const middles = Array.from({ length: BINS }, (_, bin) => bin - (BINS - 1) / 2)
    const apart = g.op("Abs", [g.op("Sub", [place, g.constant(Tensor.float32([1, BINS, 1, 1], middles))])])
    const nearest = g.op("Min", [apart, g.op("Sub", [number(BINS), apart])])
    const share = g.op("Relu", [g.op("Sub", [number(1), nearest])])
    const cells = pooled(g, g.op("Mul", [share, magnitude]), side, CELLS)

    // Each block's cells side by side in the channels.
    const gather = new Float32Array(DEPTH * DEPTH)
    for (let i = 0; i < DEPTH; i++) {
      const [bin, cell] = [Math.floor(i / (BLOCK * BLOCK)), i % (BLOCK * BLOCK)]
      gather[(i * BINS + bin) * BLOCK * BLOCK + cell] = 1
    }
    const blocks = g.op("Conv", [cells, g.constant(Tensor.float32([DEPTH, BINS, BLOCK, BLOCK], gather))])
    const unit = (x: Graph.Value) => {
      const length = g.op("ReduceL2", [x, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
      return g.op("Div", [x, g.op("Add", [length, number(1e-3)])])
    }
    const normalised = unit(g.op("Min", [unit(blocks), number(CLIP)]))

    const scaled = g.op("Mul", [normalised, number(Math.sqrt(DEPTH))])
    return finish(g, g.op("Flatten", [scaled]), DEPTH * BLOCKS * BLOCKS)
  },
})
