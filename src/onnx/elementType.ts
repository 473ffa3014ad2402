/** What the elements of a tensor are. */
export interface ElementType {
  /** `float32`, `uint8` …; `other` for what is no number. */
  readonly name: string
  /** How many bits one takes; 0 where that is not fixed. */
  readonly bits: number
}

const other: ElementType = { name: "other", bits: 0 }

const of = (name: string, bits: number): ElementType => ({ name, bits })

// TensorProto.DataType by its number.
const types: ReadonlyArray<ElementType> = [
  other,
  of("float32", 32),
  of("uint8", 8),
  of("int8", 8),
  of("uint16", 16),
  of("int16", 16),
  of("int32", 32),
  of("int64", 64),
  of("string", 0),
  of("bool", 8),
  of("float16", 16),
  of("float64", 64),
  of("uint32", 32),
  of("uint64", 64),
  of("complex64", 64),
  of("complex128", 128),
  of("bfloat16", 16),
  of("float8e4m3fn", 8),
  of("float8e4m3fnuz", 8),
  of("float8e5m2", 8),
  of("float8e5m2fnuz", 8),
  of("uint4", 4),
  of("int4", 4),
  of("float4e2m1", 4),
]

/** The type of a number of `TensorProto.DataType`. */
export const elementType = (number: number | undefined): ElementType => types[number ?? 0] ?? other
