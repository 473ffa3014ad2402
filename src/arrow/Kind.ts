import type { Column, ColumnTypes, TensorRow } from "./Table.ts"

/** One value of a column, by its kind. */
export type Value<C extends Column> = ColumnTypes[C]["value"]

/** Many values of a column, by its kind. */
export type Values<C extends Column> = ColumnTypes[C]["values"]

/** Raises an error that names the table and the column. */
export type Fail = (message: string) => never

/** What can be done with a column of one kind. Slices and single values are views, not copies. */
export interface Kind<C extends Column> {
  readonly length: (values: Values<C>) => number
  readonly at: (values: Values<C>, index: number) => Value<C>
  readonly of: (values: ReadonlyArray<Value<C>>, fail: Fail) => Values<C>
  readonly slice: (values: Values<C>, start: number, end: number) => Values<C>
  readonly concat: (parts: ReadonlyArray<Values<C>>, fail: Fail) => Values<C>
  /** No values; a tensor keeps its shape. */
  readonly empty: (shape: ReadonlyArray<number>) => Values<C>
  /** About how many bytes a row takes. */
  readonly weight: (values: Values<C>, index: number) => number
  /** The shape of a row, where the kind has one. */
  readonly shape: (values: Values<C>) => ReadonlyArray<number> | undefined
}

const missing = (index: number): never => {
  throw new RangeError(`there is no row ${index}`)
}

const list = <V>(weight: (value: V) => number) => ({
  length: (values: ReadonlyArray<V>) => values.length,
  at: (values: ReadonlyArray<V>, index: number): V => values[index] ?? missing(index),
  of: (values: ReadonlyArray<V>) => values,
  slice: (values: ReadonlyArray<V>, start: number, end: number) => values.slice(start, end),
  concat: (parts: ReadonlyArray<ReadonlyArray<V>>) => {
    const all: Array<V> = []
    for (const part of parts) for (const value of part) all.push(value)
    return all
  },
  empty: (): ReadonlyArray<V> => [],
  weight: (values: ReadonlyArray<V>, index: number) => weight(values[index] ?? missing(index)),
  shape: () => undefined,
})

interface Numbers<A> extends ArrayLike<number> {
  readonly BYTES_PER_ELEMENT: number
  subarray(start: number, end: number): A
  set(values: A, offset: number): void
}

const join = <A extends Numbers<A>>(create: (length: number) => A, parts: ReadonlyArray<A>): A => {
  const all = create(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const numbers = <A extends Numbers<A>>(create: (length: number) => A, from: (values: ReadonlyArray<number>) => A) => ({
  length: (values: A) => values.length,
  at: (values: A, index: number): number => values[index] ?? missing(index),
  of: from,
  slice: (values: A, start: number, end: number) => values.subarray(start, end),
  concat: (parts: ReadonlyArray<A>) => join(create, parts),
  empty: () => create(0),
  weight: (values: A) => values.BYTES_PER_ELEMENT,
  shape: () => undefined,
})

/** How many numbers a row of this shape holds. */
export const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((product, n) => product * n, 1)

// A column without rows need not know its shape and then says [0]: any other part decides.
const unknownShape: ReadonlyArray<number> = [0]
/** Whether a column that may be without rows knows its shape. */
export const isKnown = (shape: ReadonlyArray<number>) => shape.length !== 1 || shape[0] !== 0

const tensors = <A extends Numbers<A>>(create: (length: number) => A) => {
  const merge = (parts: ReadonlyArray<TensorRow<A>>, fail: Fail): TensorRow<A> => {
    const shape = (parts.find((part) => part.data.length > 0) ?? parts.find((part) => isKnown(part.shape)))?.shape
    for (const part of parts) {
      if (part.data.length > 0 && part.shape.join() !== shape?.join()) {
        return fail(`a tensor of shape [${part.shape.join(", ")}] stands beside one of shape [${shape?.join(", ")}]`)
      }
    }
    return {
      shape: shape ?? unknownShape,
      data: join(
        create,
        parts.map((part) => part.data),
      ),
    }
  }
  const cut = ({ data, shape }: TensorRow<A>, start: number, end: number): TensorRow<A> => {
    const size = sizeOf(shape)
    return { shape, data: data.subarray(start * size, end * size) }
  }
  return {
    length: ({ data, shape }: TensorRow<A>) => (data.length === 0 ? 0 : data.length / sizeOf(shape)),
    at: (values: TensorRow<A>, index: number) => cut(values, index, index + 1),
    of: (values: ReadonlyArray<TensorRow<A>>, fail: Fail): TensorRow<A> => {
      for (const { data, shape } of values) {
        if (data.length !== sizeOf(shape)) {
          return fail(`a tensor of shape [${shape.join(", ")}] holds ${data.length} numbers`)
        }
      }
      return merge(values, fail)
    },
    slice: cut,
    concat: merge,
    empty: (shape: ReadonlyArray<number>): TensorRow<A> => ({ shape, data: create(0) }),
    weight: ({ data, shape }: TensorRow<A>) => data.BYTES_PER_ELEMENT * sizeOf(shape),
    shape: ({ shape }: TensorRow<A>) => shape,
  }
}

const kinds: { readonly [C in Column]: Kind<C> } = {
  utf8: list<string>((value) => value.length),
  binary: list<Uint8Array>((value) => value.byteLength),
  int32: numbers<Int32Array>(
    (length) => new Int32Array(length),
    (values) => Int32Array.from(values),
  ),
  float64: numbers<Float64Array>(
    (length) => new Float64Array(length),
    (values) => Float64Array.from(values),
  ),
  int32s: list<Int32Array>((value) => value.byteLength),
  float32s: list<Float32Array>((value) => value.byteLength),
  uint8Tensor: tensors<Uint8Array>((length) => new Uint8Array(length)),
  float32Tensor: tensors<Float32Array>((length) => new Float32Array(length)),
}

/** The operations of a column's kind. */
export const of = <C extends Column>(column: C): Kind<C> => kinds[column]
