/** The products of a network that can be computed in whole numbers. */
import { eightBits, type EightBits, transposed } from "./eightBits.ts"
import { attributeOf, isFloat32, type Network, type Node, numbersOf, sizeOf } from "./Network.ts"

/** A product with a weight: what is to be known of it to compute it in whole numbers. */
export interface Product {
  readonly opType: "ConvInteger" | "MatMulInteger"
  readonly input: string
  readonly weight: string
  readonly bias: string | undefined
  /** The sizes of the scales of what comes out, laid out beside it. */
  readonly beside: ReadonlyArray<number>
  /** The weight's sizes in 8 bits: a matrix is `[what goes in, what comes out]`. */
  readonly dims: ReadonlyArray<number>
  /** The weight in 8 bits, laid out so. */
  readonly weigh: () => EightBits
}

/** What a node computes, if it is a product with a float32 weight that can be done in whole numbers. */
export const productOf = ({ weights }: Network, one: Node): Product | undefined => {
  const { domain, input, opType } = one
  const [x = "", weight = "", bias = ""] = input
  const held = weights.get(weight)
  if (held === undefined || !isFloat32(held) || sizeOf(held.dims) === 0) return undefined
  if (domain !== "" && domain !== "ai.onnx") return undefined
  const dims = held.dims.map(Number)
  const [first = 0, second = 0] = dims
  const by = (channels: number, axis: "first" | "last") =>
    eightBits(numbersOf(held) ?? new Float32Array(0), channels, axis)
  const common = { bias: bias === "" ? undefined : bias, input: x, weight }
  if (opType === "Conv") {
    const beside = [1, first, ...dims.slice(2).map(() => 1)]
    return { ...common, opType: "ConvInteger", beside, dims, weigh: () => by(first, "first") }
  }
  if (dims.length !== 2) return undefined
  const plain = { ...common, opType: "MatMulInteger" as const, beside: [second], dims, weigh: () => by(second, "last") }
  if (opType === "MatMul") return plain
  const said = (name: string) => attributeOf(one, name)
  const factors = [said("alpha")?.f ?? 1, said("beta")?.f ?? 1]
  if (opType !== "Gemm" || (said("transA")?.i ?? 0n) !== 0n || factors.some((factor) => factor !== 1)) return undefined
  if ((said("transB")?.i ?? 0n) === 0n) return plain
  const weigh = () => {
    const { bytes, scales } = by(first, "first")
    return { bytes: transposed(bytes, first, second), scales }
  }
  return { ...plain, beside: [first], dims: [second, first], weigh }
}
