import { Malformed } from "./Malformed.ts"

/** The element types that are read, and bytes an element. */
export const sizes = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const

/** The element type of a weight as it is stored. */
export type ElementType = keyof typeof sizes

/** Memory that weights are views of, little-endian. */
export interface Storage {
  readonly type: ElementType
  /** How many elements it has. */
  readonly elements: number
  /** Its bytes, which may be found missing or short only now. */
  readonly bytes: () => Uint8Array
}

/** A named array of a checkpoint: a view of a storage, as PyTorch has them. */
export interface Weight {
  readonly storage: Storage
  /** Elements before the first one. */
  readonly offset: number
  readonly shape: ReadonlyArray<number>
  /** Elements from one to the next, by axis. */
  readonly strides: ReadonlyArray<number>
}

/** Weights by name, in the order of the file. */
export type Weights = ReadonlyMap<string, Weight>

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0

/** The strides of an array whose last axis lies together. */
export const contiguous = (shape: ReadonlyArray<number>): ReadonlyArray<number> =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1))

/** How many elements a weight has. */
export const count = ({ shape }: Pick<Weight, "shape">): number => shape.reduce((product, side) => product * side, 1)

/** How long an axis is. */
export const side = ({ shape }: Pick<Weight, "shape">, axis: number): number => shape[axis] ?? 0

/** A weight of which every element lies within its storage, and that is no larger than that. */
export const make = (
  storage: Storage,
  offset: number,
  shape: ReadonlyArray<number>,
  strides: ReadonlyArray<number>,
) => {
  const weight: Weight = { storage, offset, shape, strides }
  const sound = [offset, ...shape, ...strides].every(isCount) && shape.length === strides.length && shape.length <= 16
  if (!sound) throw new Malformed(`an array of shape [${shape.join(", ")}] and strides [${strides.join(", ")}]`)
  const elements = count(weight)
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * (strides[axis] ?? 0), offset)
  if (elements > 0 && (elements > storage.elements || last >= storage.elements)) {
    throw new Malformed(`an array of shape [${shape.join(", ")}] in a storage of ${storage.elements} elements`)
  }
  return weight
}

/** A float16's value. */
const half = (bits: number): number => {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The storage's elements as numbers, at an alignment of their own. */
const numbers = ({ bytes, elements, type }: Storage): ArrayLike<number> => {
  const found = bytes()
  if (found.length !== elements * sizes[type]) {
    throw new Malformed(`a storage of ${elements} ${type} numbers has ${found.length} bytes`, "fetch the file again")
  }
  // A view of a file may begin anywhere.
  const aligned = found.byteOffset % 8 === 0 ? found : new Uint8Array(found)
  const { buffer, byteOffset } = aligned
  switch (type) {
    case "float64":
      return new Float64Array(buffer, byteOffset, elements)
    case "float32":
      return new Float32Array(buffer, byteOffset, elements)
    case "float16":
      return Float32Array.from(new Uint16Array(buffer, byteOffset, elements), half)
    case "bfloat16": {
      const bits = Uint32Array.from(new Uint16Array(buffer, byteOffset, elements), (upper) => upper << 16)
      return new Float32Array(bits.buffer)
    }
    case "int64":
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, elements), Number)
    case "int32":
      return new Int32Array(buffer, byteOffset, elements)
    case "int16":
      return new Int16Array(buffer, byteOffset, elements)
    case "int8":
      return new Int8Array(buffer, byteOffset, elements)
    case "uint8":
    case "bool":
      return new Uint8Array(buffer, byteOffset, elements)
  }
}

/** A weight's numbers as float32, the last axis lying together. */
export const float32 = (weight: Weight): Float32Array => {
  const { offset, shape, storage, strides } = weight
  const from = numbers(storage)
  const all = new Float32Array(count(weight))
  if (strides.join() === contiguous(shape).join()) {
    for (let i = 0; i < all.length; i++) all[i] = from[offset + i] ?? 0
    return all
  }
  const place = new Array<number>(shape.length).fill(0)
  let at = offset
  for (let i = 0; i < all.length; i++) {
    all[i] = from[at] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const stride = strides[axis] ?? 0
      const next = (place[axis] ?? 0) + 1
      at += stride
      place[axis] = next
      if (next < (shape[axis] ?? 0)) break
      at -= stride * next
      place[axis] = 0
    }
  }
  return all
}
