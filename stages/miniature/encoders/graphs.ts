/** Pieces that the graphs of the miniature encoders are put together from. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"

/** Pixels along a side of the images that an encoder takes; 56 where nothing is said. */
export const Side = /* @__PURE__ */ Schema.Int.check(
  /* @__PURE__ */ Schema.isBetween({ minimum: 16, maximum: 512 }),
).pipe(/* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(56)))

/** An image as channels `[rows, 3, side, side]`, and the graph that it is in. */
export interface Start {
  readonly g: Graph.Graph
  readonly planes: Graph.Value
}

/** Begins an encoder: uint8 pixels `[rows, side, side, 3]` become channels with values in 0..1. */
export const start = (name: string, side: number): Start => {
  const g = Graph.make(name)
  const pixels = g.input("pixels", "uint8", ["rows", side, side, 3])
  const values = g.op("Div", [g.op("Cast", [pixels], { to: FLOAT }), g.constant(Tensor.float32([], [255]))])
  return { g, planes: g.op("Transpose", [values], { perm: [0, 3, 1, 2] }) }
}

/** The number of float32 among ONNX's element types. */
const FLOAT = 1

/** Luma after Rec. 601: from three channels to one, `[rows, 1, side, side]`. */
export const grey = ({ g, planes }: Start): Graph.Value =>
  g.op("Conv", [planes, g.constant(Tensor.float32([1, 3, 1, 1], [0.299, 0.587, 0.114]))])

/** `x` with its outermost rows and columns repeated `n` times, so that a border makes no edge. */
export const extended = (g: Graph.Graph, x: Graph.Value, n: number): Graph.Value =>
  g.op("Pad", [x, g.constant(Tensor.int64([8], [0, 0, n, n, 0, 0, n, n]))], { mode: "edge" })

/** Means over a grid of `cells` x `cells` windows of maps of `side` x `side`: `[rows, maps, cells, cells]`. */
export const pooled = (g: Graph.Graph, maps: Graph.Value, side: number, cells: number): Graph.Value => {
  const stride = Math.floor(side / cells)
  // Where the grid does not come out even, windows overlap a little rather than leave a border out.
  const window = side - (cells - 1) * stride
  return g.op("AveragePool", [maps], { kernel_shape: [window, window], strides: [stride, stride] })
}

/** Scales each row so that its mean square is 1: features of different encoders are then of one size. */
export const evened = (g: Graph.Graph, rows: Graph.Value): Graph.Value => {
  const axis = g.constant(Tensor.int64([1], [1]))
  const square = g.op("ReduceMean", [g.op("Mul", [rows, rows]), axis], { keepdims: 1 })
  return g.op("Div", [rows, g.op("Sqrt", [g.op("Add", [square, g.constant(Tensor.float32([], [1e-8]))])])])
}

/** Ends an encoder: rows `[rows, width]` are its features. Gives the row of the encoder table. */
export const finish = (g: Graph.Graph, rows: Graph.Value, width: number) => {
  g.output("features", rows, "float32", ["rows", width])
  return Effect.map(g.bytes, (onnx) => ({ onnx: [onnx] }))
}
