import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Built } from "./Built.ts"
import { type Candidate, type Taking, taking } from "./Candidate.ts"
import { fitting } from "./fitting.ts"
import { listed } from "./listed.ts"
import { Malformed } from "./Malformed.ts"
import { block } from "./vitBlock.ts"
import { byTimm } from "./vitNames.ts"
import { absolute, type Grid, relative } from "./vitPositions.ts"
import { taps } from "./vitTaps.ts"

/** Whether a network has the names of a vision transformer, as timm or MMSelfSup gives them. */
export const isVit = ({ weights }: Candidate): boolean =>
  weights.has("patch_embed.proj.weight") || weights.has("patch_embed.projection.weight")

const sizes: Readonly<Record<string, string>> = {
  "192,12": "Ti",
  "384,12": "S",
  "768,12": "B",
  "1024,24": "L",
  "1280,32": "H",
}

// Beside the encoder: heads, what MAE, MILAN, iBOT and BEiT v2 train with, and indices that shapes give.
const isAside = (name: string) =>
  /^(?:heads?|fc|projector|predictor|neck|lm_head)\b/u.test(name) ||
  /^(?:decoder|mask_token|masked_embed|cls_pt_|rel_pos_bias\.relative_position_index)/u.test(name) ||
  name.endsWith(".attn.relative_position_index")

const table = "relative_position_bias_table"

/** An image's patches as tokens behind the class token: `[batch * tokens, width]`. */
const embed = (g: Graph.Graph, taken: Taking, candidate: Candidate) => {
  const [width = 0, , patch = 0] = taken.take("patch_embed.proj.weight").shape
  const kernels = fitting(taken, "patch_embed.proj.weight", [width, 3, patch, patch])
  if (patch === 0) throw new Malformed("patch_embed.proj.weight is of no size")
  const bias = taken.has("patch_embed.proj.bias")
    ? fitting(taken, "patch_embed.proj.bias", [width])
    : new Float32Array(width)
  const pixels = g.input("pixels", "float32", ["batch", 3, "height", "width"])
  const constants = [Tensor.float32([width, 3, patch, patch], kernels), Tensor.float32([width], bias)]
  const map = g.op("Conv", [pixels, ...constants.map((tensor) => g.constant(tensor))], {
    kernel_shape: [patch, patch],
    strides: [patch, patch],
  })
  const size = (axis: number) => g.op("Shape", [map], { start: axis, end: axis + 1 })
  const grid: Grid = { height: size(2), width: size(3) }
  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  let tokens = g.op("Transpose", [g.op("Reshape", [map, ints(0, 0, -1)])], { perm: [0, 2, 1] })
  let token = taken.has("cls_token") ? fitting(taken, "cls_token", [1, 1, width]) : undefined
  const hasToken = token !== undefined
  if (taken.has("pos_embed")) {
    const interpolation = candidate.interpolation ?? "size"
    const positions = absolute(g, taken, grid, { interpolation, token: hasToken, width })
    tokens = g.op("Add", [tokens, positions.patches])
    token = token?.map((value, i) => value + (positions.token?.[i] ?? 0))
  }
  if (token !== undefined) {
    const batch = g.op("Concat", [size(0), ints(1, width)], { axis: 0 })
    const first = g.op("Expand", [g.constant(Tensor.float32([1, 1, width], token)), batch])
    tokens = g.op("Concat", [first, tokens], { axis: 1 })
  }
  const count = g.op("Shape", [tokens], { start: 1, end: 2 })
  return { count, grid, hasToken, patch, tokens: g.op("Reshape", [tokens, ints(-1, width)]), width }
}

const headsOf = (taken: Taking, { heads }: Candidate, width: number): number => {
  const biases = [`blocks.0.attn.${table}`, `rel_pos_bias.${table}`].find(taken.has)
  const found = heads ?? (biases === undefined ? width / 64 : taken.take(biases).shape[1])
  if (found === undefined || !Number.isInteger(found) || found < 1 || width % found !== 0) {
    throw new Malformed(`a width of ${width} does not say how many heads its attention has`, "say it with `heads`")
  }
  return found
}

/** `ViT-B/16`; what has no such name is described. */
const named = (width: number, depth: number, heads: number, patch: number): string => {
  const letter = sizes[`${width},${depth}`]
  if (letter === undefined) return `ViT/${patch} (width ${width}, depth ${depth}, ${heads} heads)`
  return heads === width / 64 ? `ViT-${letter}/${patch}` : `ViT-${letter}/${patch} (${heads} heads)`
}

/**
 * A vision transformer (Dosovitskiy et al. 2021), its width, depth and patch
 * read from names and shapes: timm's names, which DINO, MoCo v3, MAE, iBOT and
 * BEiT share, and MMSelfSup's. Each head is 64 wide unless the candidate says how
 * many there are, or a table of relative positions does. Positions are
 * interpolated for images of another size. Layer scale is folded in.
 *
 * Taps, `[batch, width]` unless said:
 * - `features`: the class token; the average of patches where there is none, where
 *   the network normalises behind it (`fc_norm`), and with relative positions (BEiT);
 * - `class`: the class token behind the last normalisation;
 * - `patches`: the average of patches behind it; `pooled`: normalised after the average;
 * - `class-patches` `[batch, 2 * width]`: `class`, then `patches`;
 * - `last2`, `last3`, `last4` `[batch, n * width]`: the class tokens of the last
 *   layers, each behind the last normalisation, the last layer's at the end;
 * - `logits` where there is one linear layer.
 *
 * Errors: weights that are missing, of unfitting shapes, or that nothing uses.
 */
export const build = (original: Candidate): Built => {
  const candidate = byTimm(original)
  const taken = taking(candidate)
  const g = Graph.make("vit")
  const { count, grid, hasToken, patch, tokens, width } = embed(g, taken, candidate)
  const heads = headsOf(taken, candidate, width)
  const shared = `rel_pos_bias.${table}`
  const sharedBias = taken.has(shared) ? relative(g, taken, shared, grid).bias : undefined
  let biased = sharedBias !== undefined
  const layers: Array<Graph.Value> = []
  let at = tokens
  for (let depth = 0; taken.has(`blocks.${depth}.norm1.weight`); depth++) {
    const own = `blocks.${depth}.attn.${table}`
    const bias = taken.has(own) ? relative(g, taken, own, grid).bias : sharedBias
    biased ||= bias !== undefined
    at = block(g, taken, at, `blocks.${depth}`, { bias, heads, tokens: count, width })
    layers.push(at)
  }
  const [first, ...others] = layers
  if (first === undefined) throw new Malformed(`the weight ${candidate.prefix}blocks.0.norm1.weight is missing`)
  if (!biased) taken.take("pos_embed")
  const offered = taps(g, taken, { averaged: biased, hasToken, layers: [first, ...others], tokens: count, width })
  const leftOut = taken.leave(isAside)
  const rest = taken.rest()
  if (rest.length > 0) throw new Malformed(`a vision transformer has no place for ${listed(rest)}`)
  return { architecture: named(width, layers.length, heads, patch), graph: g, taps: offered, leftOut }
}
