import * as Schema from "effect/Schema"
import { whole } from "../../../src/dsl/Stage.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { Encoder } from "../../tables.ts"
import { finish, Side, start } from "./graphs.ts"

const Params = Schema.Struct({ side: Side })

/** Bins along each of red, green and blue. */
const BINS = 5

/**
 * How often each colour occurs, wherever it is: a joint histogram over 5 x 5 x 5
 * bins of red, green and blue, 125 features. A value between the middles of two
 * bins counts for both, by its nearness. After Swain and Ballard (1991, Color
 * Indexing). Square roots are taken, so that a dot product of two histograms is
 * their Bhattacharyya coefficient; the scale makes the mean square 1.
 */
export const colourHistogram = whole("colourHistogram", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Encoder,
  label: () => "colourHistogram",
  run: (_, { side }) => {
    const { g, planes } = start("colourHistogram", side)
    const number = (value: number) => g.constant(Tensor.float32([], [value]))
    const shape = (...dims: ReadonlyArray<number>) => g.constant(Tensor.int64([dims.length], dims))
    const bins = Array.from({ length: BINS }, (_, bin) => bin)

    // [rows, 3, bins, pixels]: 1 at a bin's middle, 0 from the next one's on.
    const values = g.op("Mul", [g.op("Reshape", [planes, shape(0, 3, 1, -1)]), number(BINS - 1)])
    const apart = g.op("Abs", [g.op("Sub", [values, g.constant(Tensor.float32([BINS, 1], bins))])])
    const weights = g.op("Relu", [g.op("Sub", [number(1), apart])])
    const channel = (c: number) => g.op("Gather", [weights, g.constant(Tensor.int64([], [c]))], { axis: 1 })

    const red = g.op("Unsqueeze", [channel(0), shape(2)])
    const green = g.op("Unsqueeze", [channel(1), shape(1)])
    const both = g.op("Reshape", [g.op("Mul", [red, green]), shape(0, BINS * BINS, -1)])
    const counts = g.op("MatMul", [both, g.op("Transpose", [channel(2)], { perm: [0, 2, 1] })])

    const share = g.op("Div", [g.op("Flatten", [counts]), number((side * side) / BINS ** 3)])
    return finish(g, g.op("Sqrt", [share]), BINS ** 3)
  },
})
