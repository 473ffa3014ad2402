/**
 * Checks the flatbuffers of an Arrow file before they are decoded. The decoder
 * follows any offset and believes any length, so a few flipped bits could make
 * it loop or allocate without end; what passes here cannot.
 */

/** A member of a table that refers to something: where it points has to be looked at. */
type Member =
  | { readonly is: "text" }
  | { readonly is: "structs"; readonly size: number }
  | { readonly is: "table"; readonly shape: () => Shape }
  | { readonly is: "tables"; readonly shape: () => Shape }
  | { readonly is: "union"; readonly tag: number; readonly shapes: () => Readonly<Record<number, Shape>> }

/** The members of a table by slot. Plain numbers need no check. */
export type Shape = Readonly<Record<number, Member>>

// The slots are those of Schema.fbs, Message.fbs and File.fbs in Arrow's format directory.
const keyValue: Shape = { 0: { is: "text" }, 1: { is: "text" } }
const dictionaryEncoding: Shape = { 1: { is: "table", shape: () => ({}) } }
const field: Shape = {
  0: { is: "text" },
  3: { is: "union", tag: 2, shapes: () => ({}) },
  4: { is: "table", shape: () => dictionaryEncoding },
  5: { is: "tables", shape: () => field },
  6: { is: "tables", shape: () => keyValue },
}
const schema: Shape = {
  1: { is: "tables", shape: () => field },
  2: { is: "tables", shape: () => keyValue },
  3: { is: "structs", size: 8 },
}
const recordBatch: Shape = {
  1: { is: "structs", size: 16 },
  2: { is: "structs", size: 16 },
  3: { is: "table", shape: () => ({}) },
  4: { is: "structs", size: 8 },
}
const dictionaryBatch: Shape = { 1: { is: "table", shape: () => recordBatch } }

/** A message: a schema, a dictionary or the head of a record batch. */
export const message: Shape = {
  2: { is: "union", tag: 1, shapes: () => ({ 1: schema, 2: dictionaryBatch, 3: recordBatch }) },
  4: { is: "tables", shape: () => keyValue },
}

/** The footer of a file. */
export const footer: Shape = {
  1: { is: "table", shape: () => schema },
  2: { is: "structs", size: 24 },
  3: { is: "structs", size: 24 },
  4: { is: "tables", shape: () => keyValue },
}

const maxDepth = 64

/** Whether all that a flatbuffer refers to lies within its bytes. */
export const isSound = (bytes: Uint8Array, root: Shape): boolean => {
  const size = bytes.byteLength
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  // A table takes four bytes at least. Whoever visits more of them goes round in circles through shared offsets.
  let left = size / 4

  const fits = (at: number, length: number) => at >= 0 && length >= 0 && at + length <= size
  const follow = (at: number) => at + view.getUint32(at, true)

  const vector = (at: number, each: number) => fits(at, 4) && fits(at + 4, view.getUint32(at, true) * each)

  const member = (at: number, what: Member, tag: (slot: number) => number, depth: number): boolean => {
    const target = follow(at)
    switch (what.is) {
      case "text":
        return vector(target, 1)
      case "structs":
        return vector(target, what.size)
      case "table":
        return table(target, what.shape(), depth)
      case "union":
        return table(target, what.shapes()[tag(what.tag)] ?? {}, depth)
      case "tables": {
        if (!vector(target, 4)) return false
        const end = target + 4 + view.getUint32(target, true) * 4
        for (let item = target + 4; item < end; item += 4) {
          if (!table(follow(item), what.shape(), depth)) return false
        }
        return true
      }
    }
  }

  const table = (at: number, shape: Shape, depth: number): boolean => {
    left -= 1
    if (left < 0 || depth > maxDepth || !fits(at, 4)) return false
    const slots = at - view.getInt32(at, true)
    if (!fits(slots, 4)) return false
    const slotsSize = view.getUint16(slots, true)
    const tableSize = view.getUint16(slots + 2, true)
    if (slotsSize < 4 || !fits(slots, slotsSize) || !fits(at, tableSize)) return false
    const offsetOf = (slot: number) => (4 + slot * 2 + 2 <= slotsSize ? view.getUint16(slots + 4 + slot * 2, true) : 0)
    const tag = (slot: number) => (offsetOf(slot) === 0 ? 0 : view.getUint8(at + offsetOf(slot)))
    for (const [slot, what] of Object.entries(shape)) {
      const offset = offsetOf(Number(slot))
      if (offset === 0) continue
      if (offset + 4 > tableSize || !member(at + offset, what, tag, depth + 1)) return false
    }
    return true
  }

  return fits(0, 4) && table(follow(0), root, 0)
}
