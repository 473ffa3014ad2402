/** Members of a zip, read where they lie: PyTorch pads them so that they can be mapped. */
import { crc32, inflateRawSync } from "node:zlib"
import { cursor } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"

/** A file in a zip. */
export interface Member {
  readonly name: string
  readonly bytes: () => Uint8Array
}

const endSize = 22
const longestComment = 65_535

const signature = (bytes: Uint8Array, at: number) =>
  at >= 0 && at + 4 <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true) : 0

/** Whether bytes begin as a zip does. */
export const isZip = (bytes: Uint8Array): boolean => signature(bytes, 0) === 0x04034b50

const broken = (what: string) => new Malformed(`as a zip it is broken: ${what}`, "fetch the file again")

const endOf = (bytes: Uint8Array): number => {
  const first = Math.max(0, bytes.length - endSize - longestComment)
  for (let at = bytes.length - endSize; at >= first; at--) if (signature(bytes, at) === 0x06054b50) return at
  throw broken("its list of contents is missing, as it is where a download was cut off")
}

/** Where the list of contents begins and how many entries it has. */
const directory = (bytes: Uint8Array): { readonly entries: number; readonly start: number } => {
  const end = endOf(bytes)
  const from = cursor(bytes, "the zip", end + 10)
  const entries = from.u16()
  from.take(4)
  const start = from.u32()
  if (signature(bytes, end - 20) !== 0x07064b50) return { entries, start }
  const at = cursor(bytes, "the zip", end - 12).u64()
  if (signature(bytes, at) !== 0x06064b50) throw broken("its list of contents is not where it says")
  const wide = cursor(bytes, "the zip", at + 32)
  const count = wide.u64()
  wide.take(8)
  return { entries: count, start: wide.u64() }
}

/** Sizes and place from the extra field of a large member, for those that are full of ones. */
const widened = (extra: Uint8Array, values: ReadonlyArray<number>): ReadonlyArray<number> => {
  if (!values.includes(0xffffffff)) return values
  const from = cursor(extra, "the zip's extra field")
  while (from.left() >= 4) {
    const id = from.u16()
    const field = cursor(from.take(from.u16()), "the zip's extra field")
    if (id === 1) return values.map((value) => (value === 0xffffffff ? field.u64() : value))
  }
  return values
}

/** The members of a zip by name. Their content is checked when it is asked for. */
export const members = (bytes: Uint8Array): ReadonlyMap<string, Member> => {
  const { entries, start } = directory(bytes)
  const from = cursor(bytes, "the zip", Math.min(start, bytes.length))
  const found = new Map<string, Member>()
  for (let i = 0; i < entries; i++) {
    if (from.u32() !== 0x02014b50) throw broken(`entry ${i} of its list of contents is damaged`)
    from.take(4)
    const flags = from.u16()
    const method = from.u16()
    from.take(4)
    const checksum = from.u32()
    const narrow = [from.u32(), from.u32()]
    const nameLength = from.u16()
    const extraLength = from.u16()
    const commentLength = from.u16()
    from.take(8)
    const place = from.u32()
    const name = Buffer.from(from.take(nameLength)).toString("utf8")
    const [packed = 0, size = 0, at = 0] = widened(from.take(extraLength), [...narrow, place])
    from.take(commentLength)
    if (flags & 1) throw new Malformed("it is an encrypted zip")
    let known: Uint8Array | undefined
    const content = () => {
      if (known !== undefined) return known
      const header = cursor(bytes, "the zip", Math.min(at, bytes.length))
      if (header.u32() !== 0x04034b50) throw broken(`${name} is not where its list of contents says`)
      header.take(22)
      const skip = [header.u16(), header.u16()]
      header.take((skip[0] ?? 0) + (skip[1] ?? 0))
      const raw = header.take(packed)
      const value = method === 0 ? raw : inflated(raw, method, size, name)
      if (value.length !== size) throw broken(`${name} has ${value.length} bytes and should have ${size}`)
      if (crc32(value) !== checksum) throw broken(`${name} is damaged: its checksum differs`)
      known = value
      return value
    }
    found.set(name, { name, bytes: content })
  }
  return found
}

// Weights hardly shrink. Deflate could make a thousandth of zeros, and a small file so fill the memory.
const bestRatio = 16
const small = 2 ** 26

const inflated = (raw: Uint8Array, method: number, size: number, name: string): Uint8Array => {
  if (method !== 8) throw new Malformed(`${name} is compressed by a method (${method}) that is not read`)
  if (size > Math.max(small, raw.length * bestRatio))
    throw broken(`${name} would unpack from ${raw.length} to ${size} bytes`)
  try {
    return inflateRawSync(raw, { maxOutputLength: Math.max(size, 1) })
  } catch {
    throw broken(`${name} cannot be unpacked`)
  }
}
