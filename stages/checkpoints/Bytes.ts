import { Malformed } from "./Malformed.ts"

/** A place in some bytes, from which numbers and stretches are taken in order. Past the end is an error, not undefined. */
export interface Cursor {
  readonly position: () => number
  readonly left: () => number
  readonly u8: () => number
  readonly u16: () => number
  readonly u32: () => number
  readonly i32: () => number
  /** A whole number of 8 bytes; one above 2^53 is an error. */
  readonly u64: () => number
  /** A whole number of 7 bits a byte, the lowest first, as protobuf writes it; one above 2^53 is an error. */
  readonly varint: () => number
  /** Big-endian, as pickle writes it. */
  readonly f64: () => number
  /** The next `length` bytes, as a view. */
  readonly take: (length: number) => Uint8Array
  /** The bytes up to a newline, which is passed over. */
  readonly line: () => Uint8Array
}

/** Begins at `start`; `what` is named where the bytes end too early. */
export const cursor = (bytes: Uint8Array, what: string, start = 0): Cursor => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  const advance = (length: number): number => {
    if (length < 0 || at + length > bytes.length) {
      throw new Malformed(`${what} ends at byte ${bytes.length}, in the middle of something`, "fetch the file again")
    }
    at += length
    return at - length
  }
  return {
    position: () => at,
    left: () => bytes.length - at,
    u8: () => view.getUint8(advance(1)),
    u16: () => view.getUint16(advance(2), true),
    u32: () => view.getUint32(advance(4), true),
    i32: () => view.getInt32(advance(4), true),
    u64: () => {
      const value = view.getBigUint64(advance(8), true)
      if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(`${what} speaks of ${value} bytes`)
      return Number(value)
    },
    varint: () => {
      let value = 0
      for (let factor = 1; ; factor *= 128) {
        const byte = view.getUint8(advance(1))
        value += (byte & 127) * factor
        if (value > Number.MAX_SAFE_INTEGER || factor > 2 ** 56)
          throw new Malformed(`${what} has a number that is too large`)
        if (byte < 128) return value
      }
    },
    f64: () => view.getFloat64(advance(8)),
    take: (length) => {
      const from = advance(length)
      return bytes.subarray(from, from + length)
    },
    line: () => {
      const end = bytes.indexOf(10, at)
      if (end < 0) return bytes.subarray(advance(bytes.length - at + 1))
      const found = bytes.subarray(at, end)
      at = end + 1
      return found
    },
  }
}
