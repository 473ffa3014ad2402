/** Dense arrays as they enter and leave graphs. */

/** The array that holds a tensor's numbers, by element type. A bool is a byte, 0 or 1; a float16 is its 16 bits. */
export interface Arrays {
  readonly float16: Uint16Array
  readonly float32: Float32Array
  readonly float64: Float64Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int16: Int16Array
  readonly uint16: Uint16Array
  readonly int32: Int32Array
  readonly uint32: Uint32Array
  readonly int64: BigInt64Array
  readonly uint64: BigUint64Array
  readonly bool: Uint8Array
}

/** The type of a tensor's numbers. */
export type Type = keyof Arrays

/** A tensor of one element type: `data` is row-major, its length the product of `dims`. */
export interface TensorOf<out T extends Type> {
  readonly type: T
  readonly dims: ReadonlyArray<number>
  readonly data: Arrays[T]
}

/** A tensor of any element type. */
export type Tensor = { readonly [T in Type]: TensorOf<T> }[Type]

/** A float32 tensor. */
export const float32 = (
  dims: ReadonlyArray<number>,
  data: Float32Array | ReadonlyArray<number>,
): TensorOf<"float32"> => ({
  type: "float32",
  dims,
  data: data instanceof Float32Array ? data : Float32Array.from(data),
})

/** A float16 tensor, given the bits of each number (IEEE 754 binary16). */
export const float16 = (dims: ReadonlyArray<number>, data: Uint16Array): TensorOf<"float16"> => ({
  type: "float16",
  dims,
  data,
})

/** An int64 tensor: what shapes, axes and indices are in ONNX. */
export const int64 = (dims: ReadonlyArray<number>, data: BigInt64Array | ReadonlyArray<number>): TensorOf<"int64"> => ({
  type: "int64",
  dims,
  data: data instanceof BigInt64Array ? data : BigInt64Array.from(data, BigInt),
})

/** An int32 tensor. */
export const int32 = (dims: ReadonlyArray<number>, data: Int32Array | ReadonlyArray<number>): TensorOf<"int32"> => ({
  type: "int32",
  dims,
  data: data instanceof Int32Array ? data : Int32Array.from(data),
})

/** A uint8 tensor. */
export const uint8 = (dims: ReadonlyArray<number>, data: Uint8Array): TensorOf<"uint8"> => ({
  type: "uint8",
  dims,
  data,
})

/** A bool tensor. */
export const bool = (dims: ReadonlyArray<number>, data: ReadonlyArray<boolean>): TensorOf<"bool"> => ({
  type: "bool",
  dims,
  data: Uint8Array.from(data, Number),
})

/** Whether a tensor is of one element type. */
export const is = <const T extends Type>(tensor: Tensor, type: T): tensor is Extract<Tensor, { readonly type: T }> =>
  tensor.type === type

/** A tensor of what a library gave, if it is one of these types. */
export const from = (type: string, dims: ReadonlyArray<number>, data: unknown): Tensor | undefined => {
  if (type === "float16" && data instanceof Uint16Array) return { type, dims, data }
  if (type === "float32" && data instanceof Float32Array) return { type, dims, data }
  if (type === "float64" && data instanceof Float64Array) return { type, dims, data }
  if (type === "int8" && data instanceof Int8Array) return { type, dims, data }
  if (type === "uint8" && data instanceof Uint8Array) return { type, dims, data }
  if (type === "int16" && data instanceof Int16Array) return { type, dims, data }
  if (type === "uint16" && data instanceof Uint16Array) return { type, dims, data }
  if (type === "int32" && data instanceof Int32Array) return { type, dims, data }
  if (type === "uint32" && data instanceof Uint32Array) return { type, dims, data }
  if (type === "int64" && data instanceof BigInt64Array) return { type, dims, data }
  if (type === "uint64" && data instanceof BigUint64Array) return { type, dims, data }
  if (type === "bool" && data instanceof Uint8Array) return { type, dims, data }
  return undefined
}

const known = (type: Type, dims: ReadonlyArray<number>, data: unknown): Tensor => {
  const made = from(type, dims, data)
  if (made === undefined) throw new TypeError(`a tensor of type ${type} holds other numbers`)
  return made
}

/** The same numbers in memory of their own. */
export const copy = ({ data, dims, type }: Tensor): Tensor =>
  // A Buffer is a Uint8Array too, and its `slice` is no copy.
  known(type, dims, data instanceof Uint8Array ? new Uint8Array(data) : data.slice())

const rowSize = (dims: ReadonlyArray<number>) => dims.slice(1).reduce((product, n) => product * n, 1)

/** The rows from `start` up to, not including, `end` along the first axis, as a view. */
export const rows = ({ data, dims, type }: Tensor, start: number, end: number): Tensor =>
  known(
    type,
    [Math.min(end, dims[0] ?? 0) - start, ...dims.slice(1)],
    data.subarray(start * rowSize(dims), end * rowSize(dims)),
  )

const constructors = {
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} satisfies { readonly [T in Type]: new (buffer: ArrayBuffer) => Arrays[T] }

/** Tensors of one type and row shape, one after another along the first axis. Throws where they differ. */
export const concat = (parts: ReadonlyArray<Tensor>): Tensor => {
  const [first] = parts
  if (first === undefined) throw new TypeError("no tensors to join")
  if (parts.length === 1) return first
  const same = (part: Tensor) => part.type === first.type && part.dims.slice(1).join() === first.dims.slice(1).join()
  if (first.dims.length === 0 || !parts.every(same)) throw new TypeError("tensors of different kinds of rows")
  const bytes = new Uint8Array(parts.reduce((sum, { data }) => sum + data.byteLength, 0))
  let at = 0
  for (const { data } of parts) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  const count = parts.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0)
  return known(first.type, [count, ...first.dims.slice(1)], new constructors[first.type](bytes.buffer))
}
