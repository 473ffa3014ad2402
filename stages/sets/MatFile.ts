import { inflateSync } from "node:zlib"

/** A value of a MAT file: text, numbers, or a struct array's fields by name, each a list of values. */
export type MatValue = string | ReadonlyArray<number> | ReadonlyMap<string, ReadonlyArray<MatValue>> | undefined

const int8 = 1
const matrix = 14
const compressed = 15
const structClass = 2
const charClass = 4

interface Element {
  readonly type: number
  readonly data: Buffer
  /** Where the next element begins. */
  readonly next: number
}

/** The element at a place: its type and size are in eight bytes, or in four where the data fits into the other four. */
const elementAt = (bytes: Buffer, at: number): Element => {
  const tag = bytes.readUInt32LE(at)
  const small = tag >>> 16
  if (small > 0) return { type: tag & 0xffff, data: bytes.subarray(at + 4, at + 4 + small), next: at + 8 }
  const size = bytes.readUInt32LE(at + 4)
  if (at + 8 + size > bytes.length) throw new Error("it ends early")
  const padded = tag === compressed ? size : Math.ceil(size / 8) * 8
  return { type: tag, data: bytes.subarray(at + 8, at + 8 + size), next: at + 8 + padded }
}

const numbersOf = ({ data, type }: Element): ReadonlyArray<number> => {
  const read = (size: number, value: (at: number) => number) =>
    Array.from({ length: Math.floor(data.length / size) }, (_, i) => value(i * size))
  switch (type) {
    case int8:
      return read(1, (at) => data.readInt8(at))
    case 2:
    case 16:
      return read(1, (at) => data.readUInt8(at))
    case 3:
      return read(2, (at) => data.readInt16LE(at))
    case 4:
    case 17:
      return read(2, (at) => data.readUInt16LE(at))
    case 5:
      return read(4, (at) => data.readInt32LE(at))
    case 6:
      return read(4, (at) => data.readUInt32LE(at))
    case 7:
      return read(4, (at) => data.readFloatLE(at))
    case 9:
      return read(8, (at) => data.readDoubleLE(at))
    default:
      throw new Error(`numbers of type ${type} are not known`)
  }
}

const elementsIn = (data: Buffer): ReadonlyArray<Element> => {
  const elements: Array<Element> = []
  for (let at = 0; at + 8 <= data.length;) {
    const element = elementAt(data, at)
    elements.push(element)
    at = element.next
  }
  return elements
}

/** A matrix: flags, dimensions, name, and then what its class says. */
const matrixOf = (data: Buffer): { readonly name: string; readonly value: MatValue } => {
  if (data.length === 0) return { name: "", value: undefined }
  const [flags, , title, ...rest] = elementsIn(data)
  const name = title?.data.toString("latin1") ?? ""
  const kind = flags?.data.readUInt8(0)
  const [first, second, ...values] = rest
  if (kind === structClass && first !== undefined && second !== undefined) {
    const width = first.data.readInt32LE(0)
    const names = Array.from({ length: second.data.length / width }, (_, i) => {
      const text = second.data.toString("latin1", i * width, (i + 1) * width)
      return text.slice(0, text.indexOf("\0"))
    })
    const fields = names.map((_, i) =>
      values.filter((_, at) => at % names.length === i).map(({ data }) => matrixOf(data).value),
    )
    return { name, value: new Map(names.map((field, i) => [field, fields[i] ?? []])) }
  }
  if (kind === undefined || first === undefined) return { name, value: [] }
  // Cells and sparse matrices are of no use here.
  if (kind !== charClass && (kind < 6 || kind > 15)) return { name, value: undefined }
  const numbers = numbersOf(first)
  return { name, value: kind === charClass ? String.fromCharCode(...numbers) : numbers }
}

/**
 * The variables of a MAT file of level 5 (MATLAB's `save` since 5.0, and SciPy's
 * `savemat`), compressed or not, little endian: text, numbers and arrays of
 * structs. Throws where it is none.
 */
export const matFile = (bytes: Uint8Array): ReadonlyMap<string, MatValue> => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < 128 || file.toString("latin1", 126, 128) !== "IM") throw new Error("no MAT file of level 5")
  const variables = new Map<string, MatValue>()
  for (const element of elementsIn(file.subarray(128))) {
    const { data, type } = element.type === compressed ? elementAt(inflateSync(element.data), 0) : element
    if (type !== matrix) continue
    const { name, value } = matrixOf(data)
    variables.set(name, value)
  }
  return variables
}
