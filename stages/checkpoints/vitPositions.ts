/** What tells a vision transformer where a patch is: added to the patches, or to the attention between them. */
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Taking } from "./Candidate.ts"
import { fitting } from "./fitting.ts"
import { Malformed } from "./Malformed.ts"

/**
 * How positions are interpolated for images of another size: to the number of
 * patches, as timm and MAE do; or by a ratio with a tenth of a patch added, as
 * DINO and iBOT do (`interpolate_pos_encoding`).
 */
export type Interpolation = "size" | "dino"

/** How many patches an image has, each `[1]` of int64. */
export interface Grid {
  readonly height: Graph.Value
  readonly width: Graph.Value
}

// torch's bicubic interpolation.
const cubic: Graph.Attributes = {
  mode: "cubic",
  coordinate_transformation_mode: "half_pixel",
  cubic_coeff_a: Graph.float(-0.75),
}

const ints = (g: Graph.Graph, ...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))

/** `[1, width, side, side]` brought to a size, then `[1, height * width, width]`. */
const laidOut = (g: Graph.Graph, resized: Graph.Value) =>
  g.op("Transpose", [g.op("Reshape", [resized, ints(g, 0, 0, -1)])], { perm: [0, 2, 1] })

/** Ratios to which an image's grid brings one of `side`: exactly 1 where both are the same. */
const ratios = (g: Graph.Graph, grid: Grid, side: number) => {
  const sides = g.op("Concat", [grid.height, grid.width], { axis: 0 })
  const same = g.op("ReduceMin", [g.op("Cast", [g.op("Equal", [sides, ints(g, side, side)])], { to: 6 })])
  const ones = g.constant(Tensor.float32([2], [1, 1]))
  const more = g.op("Add", [g.op("Cast", [sides], { to: 1 }), g.constant(Tensor.float32([1], [0.1]))])
  const ratio = g.op("Div", [more, g.constant(Tensor.float32([1], [side]))])
  return g.op("Concat", [ones, g.op("Where", [g.op("Cast", [same], { to: 9 }), ones, ratio])], { axis: 0 })
}

const squareRoot = (count: number) => (Number.isInteger(Math.sqrt(count)) ? Math.sqrt(count) : undefined)

/** Positions that are added: to the patches `[1, patches, width]`, and to the class token where it has one. */
export interface Absolute {
  readonly patches: Graph.Value
  readonly token: Float32Array | undefined
}

/** The positions in `pos_embed`, for as many patches as an image has. */
export const absolute = (
  g: Graph.Graph,
  taken: Taking,
  grid: Grid,
  {
    interpolation,
    token,
    width,
  }: { readonly interpolation: Interpolation; readonly token: boolean; readonly width: number },
): Absolute => {
  const [, count = 0] = taken.take("pos_embed").shape
  const all = fitting(taken, "pos_embed", [1, count, width])
  const before = token && squareRoot(count - 1) !== undefined ? 1 : 0
  const side = squareRoot(count - before)
  if (side === undefined || side === 0) throw new Malformed(`pos_embed has ${count} positions, which make no square`)
  const planes = new Float32Array(width * side * side)
  for (let place = 0; place < side * side; place++) {
    for (let i = 0; i < width; i++) planes[i * side * side + place] = all[(before + place) * width + i] ?? 0
  }
  const stored = g.constant(Tensor.float32([1, width, side, side], planes))
  const inputs =
    interpolation === "dino"
      ? [stored, undefined, ratios(g, grid, side)]
      : [stored, undefined, undefined, g.op("Concat", [ints(g, 1, width), grid.height, grid.width], { axis: 0 })]
  return {
    patches: laidOut(g, g.op("Resize", inputs, cubic)),
    token: before === 1 ? all.subarray(0, width) : undefined,
  }
}

/**
 * The biases of a table of relative positions, `[1, heads, tokens, tokens]`
 * (BEiT: `RelativePositionBias`): row by row how far one patch is above and left
 * of another, then class token to patch, patch to class token, and token to
 * itself. For images of another size the table is interpolated as timm's
 * `resize_rel_pos_bias_table_simple` does.
 */
export const relative = (
  g: Graph.Graph,
  taken: Taking,
  name: string,
  grid: Grid,
): { bias: Graph.Value; heads: number } => {
  const [count = 0, heads = 0] = taken.take(name).shape
  const all = fitting(taken, name, [count, heads])
  const side = squareRoot(count - 3)
  if (side === undefined || side % 2 === 0) throw new Malformed(`${name} has ${count} rows, which belong to no square`)
  const places = side * side
  const planes = new Float32Array(heads * places)
  for (let place = 0; place < places; place++) {
    for (let head = 0; head < heads; head++) planes[head * places + place] = all[place * heads + head] ?? 0
  }
  const one = g.constant(Tensor.int64([1], [1]))
  const spans = [grid.height, grid.width].map((sides) => g.op("Sub", [g.op("Add", [sides, sides]), one]))
  const sizes = g.op("Concat", [ints(g, 1, heads), ...spans], { axis: 0 })
  const resized = g.op(
    "Resize",
    [g.constant(Tensor.float32([1, heads, side, side], planes)), undefined, undefined, sizes],
    cubic,
  )
  const table = g.op("Reshape", [resized, ints(g, 1, heads, -1)])
  const patches = g.op("Gather", [table, steps(g, grid, spans[1] ?? one)], { axis: 2 })
  // The three rows of the class token: to patches, from patches, to itself.
  const constant = (row: number) =>
    g.constant(Tensor.float32([1, heads, 1, 1], all.slice((places + row) * heads, (places + row + 1) * heads)))
  const amount = g.op("Mul", [grid.height, grid.width])
  const along = (row: number, dims: ReadonlyArray<Graph.Value>) =>
    g.op("Expand", [constant(row), g.op("Concat", [one, one, ...dims], { axis: 0 })])
  const top = g.op("Concat", [constant(2), along(0, [one, amount])], { axis: 3 })
  const below = g.op("Concat", [along(1, [amount, one]), patches], { axis: 3 })
  return { bias: g.op("Concat", [top, below], { axis: 2 }), heads }
}

/** Which place of the table holds each pair of patches: `[patches, patches]`. */
const steps = (g: Graph.Graph, grid: Grid, span: Graph.Value) => {
  const scalar = (value: Graph.Value) => g.op("Squeeze", [value])
  const amount = g.op("Mul", [grid.height, grid.width])
  const from = g.op("Range", [g.constant(Tensor.int64([], [0])), scalar(amount), g.constant(Tensor.int64([], [1]))])
  const apart = (places: Graph.Value, side: Graph.Value) => {
    const distance = g.op("Sub", [g.op("Unsqueeze", [places, ints(g, 1)]), g.op("Unsqueeze", [places, ints(g, 0)])])
    return g.op("Add", [distance, g.op("Sub", [side, g.constant(Tensor.int64([1], [1]))])])
  }
  const down = apart(g.op("Div", [from, grid.width]), grid.height)
  const across = apart(g.op("Mod", [from, grid.width]), grid.width)
  return g.op("Add", [g.op("Mul", [down, span]), across])
}
