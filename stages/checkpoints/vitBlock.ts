/** The layers of a vision transformer, on tokens as `[batch * tokens, width]`. */
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Taking } from "./Candidate.ts"
import { fitting } from "./fitting.ts"

/** What all families give to their `LayerNorm`. */
const epsilon = 1e-6

/** A normalisation over the last axis. */
export const norm = (g: Graph.Graph, taken: Taking, name: string, input: Graph.Value, width: number): Graph.Value => {
  const part = (end: string) => g.constant(Tensor.float32([width], fitting(taken, `${name}.${end}`, [width])))
  return g.op("LayerNormalization", [input, part("weight"), part("bias")], { axis: -1, epsilon: Graph.float(epsilon) })
}

interface Linear {
  readonly name: string
  readonly into: number
  readonly out: number
  /** Given where it does not lie at `name.bias`. */
  readonly bias?: Float32Array
  /** The name of factors of what comes out, which are folded in. */
  readonly factors?: string
}

/** `x Wᵀ + b`. */
export const linear = (g: Graph.Graph, taken: Taking, input: Graph.Value, options: Linear): Graph.Value => {
  const { factors, into, name, out } = options
  const weight = fitting(taken, `${name}.weight`, [out, into])
  const bias =
    options.bias ?? (taken.has(`${name}.bias`) ? fitting(taken, `${name}.bias`, [out]) : new Float32Array(out))
  if (factors !== undefined && taken.has(factors)) {
    const factor = fitting(taken, factors, [out])
    for (let i = 0; i < weight.length; i++) weight[i] = (weight[i] ?? 0) * (factor[Math.floor(i / into)] ?? 0)
    for (let i = 0; i < out; i++) bias[i] = (bias[i] ?? 0) * (factor[i] ?? 0)
  }
  const constants = [Tensor.float32([out, into], weight), Tensor.float32([out], bias)]
  return g.op("Gemm", [input, ...constants.map((tensor) => g.constant(tensor))], { transB: 1 })
}

/** BEiT has biases for queries and values, and none for keys. */
const queryBias = (taken: Taking, at: string, width: number): { readonly bias?: Float32Array } => {
  if (!taken.has(`${at}.q_bias`)) return {}
  const bias = new Float32Array(3 * width)
  bias.set(fitting(taken, `${at}.q_bias`, [width]), 0)
  bias.set(fitting(taken, `${at}.v_bias`, [width]), 2 * width)
  return { bias }
}

/** What a block is told beside its weights. */
export interface Shape {
  readonly width: number
  readonly heads: number
  /** The number of tokens, `[1]` of int64. */
  readonly tokens: Graph.Value
  /** Added to the attention between tokens, `[1, heads, tokens, tokens]`. */
  readonly bias: Graph.Value | undefined
}

/** A block: attention between tokens, then two linear layers on each, both normalised before and added. */
export const block = (g: Graph.Graph, taken: Taking, input: Graph.Value, at: string, shape: Shape): Graph.Value => {
  const { bias, heads, tokens, width } = shape
  const queries = linear(g, taken, norm(g, taken, `${at}.norm1`, input, width), {
    name: `${at}.attn.qkv`,
    into: width,
    out: 3 * width,
    ...queryBias(taken, `${at}.attn`, width),
  })
  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  const rows = g.op("Concat", [ints(-1), tokens, ints(3 * width)], { axis: 0 })
  const parts = g.ops("Split", [g.op("Reshape", [queries, rows])], { axis: 2, num_outputs: 3 }, 3)
  const attended = g.op(
    "com.microsoft:MultiHeadAttention",
    bias === undefined ? parts : [...parts, undefined, undefined, bias],
    { num_heads: heads },
  )
  const flat = g.op("Reshape", [attended, ints(-1, width)])
  const one = linear(g, taken, flat, {
    name: `${at}.attn.proj`,
    into: width,
    out: width,
    factors: `${at}.ls1.gamma`,
  })
  const between = g.op("Add", [input, one])
  const [inner = 0] = taken.take(`${at}.mlp.fc1.weight`).shape
  const wide = linear(g, taken, norm(g, taken, `${at}.norm2`, between, width), {
    name: `${at}.mlp.fc1`,
    into: width,
    out: inner,
  })
  const two = linear(g, taken, g.op("Gelu", [wide]), {
    name: `${at}.mlp.fc2`,
    into: inner,
    out: width,
    factors: `${at}.ls2.gamma`,
  })
  return g.op("Add", [between, two])
}
