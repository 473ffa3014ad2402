/** TensorFlow's checkpoint: an index of variables (`.index`), and their bytes in one or several files beside it. */
import { type Cursor, cursor } from "./Bytes.ts"
import { maskedCrc32c } from "./crc32c.ts"
import { Malformed } from "./Malformed.ts"
import * as sstable from "./sstable.ts"
import { contiguous, count, type ElementType, make, sizes, type Weight, type Weights } from "./Weight.ts"

// DataType of tensorflow/core/framework/types.proto.
const types: Readonly<Record<number, ElementType>> = {
  1: "float32",
  2: "float64",
  3: "int32",
  4: "uint8",
  5: "int16",
  6: "int8",
  9: "int64",
  10: "bool",
  14: "bfloat16",
  19: "float16",
}

const varints = 0
const bytes8 = 1
const lengthDelimited = 2
const bytes4 = 5

/** Walks the fields of a protobuf message: numbers, and stretches of bytes. */
const fields = (message: Uint8Array, field: (number: number, value: number | Uint8Array) => void): void => {
  const from: Cursor = cursor(message, "an entry of the index")
  while (from.left() > 0) {
    const tag = from.varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case varints:
        field(number, from.varint())
        break
      case bytes8:
        field(number, from.take(8))
        break
      case lengthDelimited:
        field(number, from.take(from.varint()))
        break
      case bytes4:
        field(number, from.u32())
        break
      default:
        throw new Malformed("an entry of the index is damaged", "fetch the file again")
    }
  }
}

/** The sides of a TensorShapeProto. */
const sides = (message: Uint8Array): ReadonlyArray<number> => {
  const shape: Array<number> = []
  fields(message, (number, value) => {
    if (number !== 2 || typeof value === "number") return
    let side = 0
    fields(value, (inner, size) => {
      if (inner === 1 && typeof size === "number") side = size
    })
    shape.push(side)
  })
  return shape
}

interface Entry {
  readonly type: number
  readonly shape: ReadonlyArray<number>
  readonly shard: number
  readonly offset: number
  readonly size: number
  readonly checksum: number | undefined
  readonly sliced: boolean
}

/** A BundleEntryProto. */
const entry = (message: Uint8Array): Entry => {
  const numbers = new Map<number, number>()
  let shape: ReadonlyArray<number> = []
  let sliced = false
  fields(message, (number, value) => {
    if (typeof value === "number") numbers.set(number, value)
    else if (number === 2) shape = sides(value)
    else if (number === 7) sliced = true
  })
  const at = (number: number) => numbers.get(number) ?? 0
  return { type: at(1), shape, shard: at(3), offset: at(4), size: at(5), checksum: numbers.get(6), sliced }
}

/** A BundleHeaderProto: how many files there are. */
const shardsOf = (message: Uint8Array): number => {
  const numbers = new Map<number, number>()
  fields(message, (number, value) => typeof value === "number" && numbers.set(number, value))
  if ((numbers.get(2) ?? 0) !== 0) {
    throw new Malformed("its numbers are big-endian", "save it again on a little-endian machine")
  }
  return numbers.get(1) ?? 0
}

const five = (value: number) => String(value).padStart(5, "0")

/** Whether bytes are the index of such a checkpoint. */
export const isIndex = sstable.isSstable

/**
 * The variables by name. `beside` gives the file with the index's name and
 * another ending (`.data-00000-of-00001`). Checksums are looked at when bytes
 * are asked for. Variables of text and those cut into slices are passed over.
 */
export const read = (index: Uint8Array, beside: (ending: string) => Uint8Array | undefined): Weights => {
  const [header, ...rest] = sstable.read(index)
  if (header === undefined || header[0] !== "") throw new Malformed("its index is not one of a TensorFlow checkpoint")
  const shards = shardsOf(header[1])
  const found = new Map<string, Weight>()
  for (const [name, value] of rest) {
    const { checksum, offset, shape, shard, size, sliced, type: code } = entry(value)
    const type = types[code]
    if (type === undefined || sliced) continue
    const bytes = () => {
      const ending = `.data-${five(shard)}-of-${five(shards)}`
      const data = beside(ending)
      if (data === undefined) {
        throw new Malformed(
          `the file with the ending ${ending} is missing beside it`,
          "keep the files of the checkpoint in one folder, under the names that they were published with",
        )
      }
      if (offset + size > data.length) {
        throw new Malformed(`${name} is not within the file with the ending ${ending}`, "fetch the file again")
      }
      const content = data.subarray(offset, offset + size)
      if (checksum !== undefined && maskedCrc32c(content) !== checksum) {
        throw new Malformed(`${name} is damaged: its checksum differs`, "fetch the files again")
      }
      return content
    }
    const weight = make({ type, elements: size / sizes[type], bytes }, 0, shape, contiguous(shape))
    if (count(weight) * sizes[type] !== size) {
      throw new Malformed(`${name} has ${size} bytes, which is not what its shape [${shape.join(", ")}] needs`)
    }
    found.set(name, weight)
  }
  return found
}
