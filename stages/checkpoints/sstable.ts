/** LevelDB's sorted table: blocks of keys and values, and an index of the blocks (`table_format.md`). */
import { type Cursor, cursor } from "./Bytes.ts"
import { maskedCrc32c } from "./crc32c.ts"
import { Malformed } from "./Malformed.ts"

const magic = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
const footerSize = 48

/** Whether bytes end as such a table does. */
export const isSstable = (bytes: Uint8Array): boolean =>
  bytes.length >= footerSize && magic.every((byte, i) => bytes[bytes.length - magic.length + i] === byte)

const broken = (what: string) => new Malformed(`its index is broken: ${what}`, "fetch the file again")

const handle = (from: Cursor) => ({ offset: from.varint(), size: from.varint() })

const block = (bytes: Uint8Array, { offset, size }: ReturnType<typeof handle>): Uint8Array => {
  const from = cursor(bytes, "the index", Math.min(offset, bytes.length))
  const content = from.take(size)
  const type = from.take(1)
  if (from.u32() !== maskedCrc32c(bytes.subarray(offset, offset + size + 1))) throw broken("a checksum differs")
  if (type[0] !== 0) throw new Malformed("its index is compressed, which TensorFlow's are not")
  return content
}

// Keys go on from the one before, so that a few bytes may ask for a long one each time.
const mostOfKeys = 2 ** 26

const entries = (content: Uint8Array): ReadonlyArray<readonly [key: string, value: Uint8Array]> => {
  if (content.length < 4) throw broken("a block is too short")
  const restarts = cursor(content, "a block", content.length - 4).u32()
  const end = content.length - 4 - 4 * restarts
  if (end < 0) throw broken("a block is too short")
  const from = cursor(content.subarray(0, end), "a block")
  const found: Array<readonly [string, Uint8Array]> = []
  let key = Buffer.alloc(0)
  let total = 0
  while (from.left() > 0) {
    const [shared, own, length] = [from.varint(), from.varint(), from.varint()]
    if (shared > key.length) throw broken("a key goes on from a shorter one")
    total += shared + own
    if (total > mostOfKeys) throw broken("its keys are too long")
    key = Buffer.concat([key.subarray(0, shared), from.take(own)])
    found.push([key.toString("utf8"), from.take(length)])
  }
  return found
}

/** All keys and values, in the order of the keys. */
export const read = (bytes: Uint8Array): ReadonlyArray<readonly [key: string, value: Uint8Array]> => {
  const footer = cursor(bytes, "the index", bytes.length - footerSize)
  handle(footer)
  const index = entries(block(bytes, handle(footer)))
  const found: Array<readonly [string, Uint8Array]> = []
  let taken = 0
  for (const [, value] of index) {
    const one = handle(cursor(value, "the index"))
    taken += one.size
    // Blocks do not overlap: an index that names one block many times would take long.
    if (taken > bytes.length) throw broken("its blocks overlap")
    found.push(...entries(block(bytes, one)))
  }
  return found
}
