/** Encoders that compute in float16. */
import { halves } from "./halves.ts"
import { float32s, reckoning } from "./floats.ts"
import {
  attributeOf,
  bodiesOf,
  cast,
  elements,
  fill,
  type Graph,
  isFloat32,
  type Network,
  type Node,
  numbersOf,
  type Tensor,
} from "./Network.ts"

const { float16, float32 } = elements

// What onnxconverter-common's float16 leaves as it is, of what may stand in an encoder.
const unfit = ["CumSum", "Max", "Min", "NonMaxSuppression", "Range", "Resize", "RoiAlign", "TopK", "Upsample"]

// What says by itself that it gives float32. Constants are weights, but for those given as plain numbers.
const told = ["Constant", "EyeLike", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"]

// Squares and sums of many numbers soon exceed 65504.
const large = ["Pow", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMean", "ReduceProd"]

const kept: ReadonlySet<string> = new Set([...unfit, ...told, ...large, "ReduceSum", "ReduceSumSquare"])

// Operators of onnxruntime's own that are known to be there for float16.
const own: ReadonlySet<string> = new Set([
  "Attention",
  "BiasGelu",
  "BiasSoftmax",
  "FastGelu",
  "FusedMatMul",
  "Gelu",
  "GroupNorm",
  "MultiHeadAttention",
  "QuickGelu",
  "SkipLayerNormalization",
])

const staysFloat32 = (node: Node): boolean => {
  if (bodiesOf(node).length > 0) return true
  if (node.domain !== "" && node.domain !== "ai.onnx") return node.domain !== "com.microsoft" || !own.has(node.opType)
  if (node.opType === "ConstantOfShape") return attributeOf(node, "value") === undefined
  // Multiplied by itself it is a square.
  return kept.has(node.opType) || (node.opType === "Mul" && node.input[0] === node.input[1])
}

const round = (weight: Tensor): void => {
  const numbers = numbersOf(weight) ?? new Float32Array(0)
  fill(weight, float16, new Uint8Array(halves(numbers).buffer))
}

/** Renames what bodies take from around them. */
const captured = (graph: Graph, single: (name: string) => string): void => {
  const own = new Set([...graph.input, ...graph.initializer].map(({ name }) => name))
  for (const { output } of graph.node) for (const name of output) own.add(name)
  for (const node of graph.node) {
    node.input = node.input.map((name) => (own.has(name) ? name : single(name)))
    for (const body of bodiesOf(node)) captured(body, single)
  }
}

/** The names that a node's bodies take from around them, among others. */
const inside = (node: Node): ReadonlyArray<string> =>
  bodiesOf(node).flatMap((body) => body.node.flatMap((one) => [...one.input, ...inside(one)]))

/**
 * Has a network compute in float16 where that is safe, as
 * onnxconverter-common's float16 does with `keep_io_types`: inputs and outputs
 * stay float32. So do, between casts, operators that onnxruntime lacks for
 * float16 or that square or sum up many numbers, those with bodies, those of
 * unknown domains, and what reckons with sizes, which float16 holds only up to
 * 2048. A weight that only such operators take stays as it is.
 *
 * Gives what remains to be done for each of the weights: to be rounded.
 */
export const toFloat16 = (network: Network): ReadonlyArray<() => void> => {
  const { graph, names, weights } = network
  const floats = float32s(network)
  const sizes = reckoning(network)
  const staying = new Set(graph.node.filter((node) => staysFloat32(node) || sizes.has(node)))
  const halfUse = new Set(graph.node.flatMap((node) => (staying.has(node) ? [] : node.input)))

  const outputs = new Set(graph.output.map(({ name }) => name))
  const work: Array<() => void> = []
  /** By a value's name: what it is called as float16 and as float32, as far as it is there as such. */
  const half = new Map<string, string>()
  const single = new Map<string, string>()
  for (const [name, weight] of weights) {
    if (halfUse.has(name) && !outputs.has(name) && isFloat32(weight)) {
      work.push(() => round(weight))
      half.set(name, name)
    } else {
      single.set(name, name)
    }
  }
  for (const { name } of graph.input) single.set(name, name)

  const nodes: Array<Node> = []
  const as = (known: Map<string, string>, other: Map<string, string>, to: number, suffix: string) => (name: string) => {
    if (!floats.has(name)) return name
    const found = known.get(name)
    const from = other.get(name)
    if (found !== undefined || from === undefined) return found ?? name
    const made = names.fresh(`${name}/${suffix}`)
    nodes.push(cast(from, made, to))
    known.set(name, made)
    return made
  }
  const asHalf = as(half, single, float16, "float16")
  const asSingle = as(single, half, float32, "float32")

  for (const node of graph.node) {
    if (staying.has(node)) {
      for (const name of inside(node)) asSingle(name)
      for (const body of bodiesOf(node)) captured(body, (name) => single.get(name) ?? name)
      node.input = node.input.map(asSingle)
      for (const name of node.output) single.set(name, name)
      nodes.push(node)
      continue
    }
    node.input = node.input.map(asHalf)
    const finished = node.output.filter((name) => floats.has(name) && outputs.has(name))
    node.output = node.output.map((name) => {
      if (!floats.has(name)) return name
      const called = outputs.has(name) ? names.fresh(`${name}/float16`) : name
      half.set(name, called)
      return called
    })
    const to = node.opType === "Cast" ? attributeOf(node, "to") : undefined
    if (to?.i === BigInt(float32)) to.i = BigInt(float16)
    for (const { t } of node.attribute) {
      if (t !== undefined && isFloat32(t)) round(t)
    }
    nodes.push(node)
    for (const name of finished) {
      nodes.push(cast(half.get(name) ?? name, name, float32))
      single.set(name, name)
    }
  }
  graph.node = nodes
  for (const { name, type } of graph.valueInfo) {
    if (half.get(name) === name && type?.tensorType !== undefined) type.tensorType.elemType = float16
  }
  return work
}
