import type { Proto } from "./proto.ts"

/** The numbers of a float tensor, undefined for others and for weights in other files. */
const floats = ({ dataType, rawData }: Proto<"TensorProto">): Float32Array | Float64Array | undefined => {
  const bytes = new Uint8Array(rawData)
  if (dataType === 1 && bytes.length % 4 === 0) return new Float32Array(bytes.buffer)
  if (dataType === 11 && bytes.length % 8 === 0) return new Float64Array(bytes.buffer)
  return undefined
}

/**
 * Two models that may differ in their weights alone: the pairs of numbers that
 * differ go to `each`. False where they differ in anything else, or where one
 * is no model: operators, names, shapes, whole numbers.
 */
export const weights = async (
  before: Uint8Array,
  after: Uint8Array,
): Promise<((each: (a: number, b: number) => void) => void) | undefined> => {
  const { decode, encode } = await import("./proto.ts")
  const models = [before, after].flatMap((bytes) => {
    try {
      return [decode(bytes)]
    } catch {
      return []
    }
  })
  const [one, other] = models
  if (one?.graph === undefined || other?.graph === undefined) return undefined
  const pairs: Array<readonly [Float32Array | Float64Array, Float32Array | Float64Array]> = []
  for (const [at, tensor] of one.graph.initializer.entries()) {
    const opposite = other.graph.initializer[at]
    if (opposite === undefined || tensor.rawData.length !== opposite.rawData.length) return undefined
    const [a, b] = [floats(tensor), floats(opposite)]
    if (a === undefined || b === undefined) continue
    pairs.push([a, b])
    tensor.rawData = new Uint8Array()
    opposite.rawData = new Uint8Array()
  }
  if (Buffer.compare(encode(one), encode(other)) !== 0) return undefined
  return (each) => {
    for (const [a, b] of pairs) {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) each(a[i] ?? 0, b[i] ?? 0)
    }
  }
}
