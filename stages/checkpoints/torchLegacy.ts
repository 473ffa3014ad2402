/** PyTorch's container before 1.6: pickles one after another, then the storages' bytes. */
import { cursor } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"
import { isDict, isSequence, read as unpickle, type Value, type World } from "./Pickle.ts"
import { world } from "./torch.ts"
import { type ElementType, sizes } from "./Weight.ts"

const magic = 0x1950a86a20f9469cfc6cn
const protocol = 1001

// The pickle of the magic number: protocol 2, a whole number of ten bytes.
const head = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]

/** Whether bytes begin as such a file does. */
export const isLegacy = (bytes: Uint8Array): boolean => head.every((byte, at) => bytes[at] === byte)

const plain: World = {
  known: () => undefined,
  persistent: () => {
    throw new Malformed("a storage before there are any")
  },
}

/** The value of the file's pickle; its storages are found behind it. */
export const read = (bytes: Uint8Array): Value => {
  const from = cursor(bytes, "the file")
  if (unpickle(from, plain) !== magic) throw new Malformed("it does not begin as PyTorch's files do")
  const version = unpickle(from, plain)
  if (version !== protocol) throw new Malformed(`it is of PyTorch's protocol ${String(version)}, not ${protocol}`)
  const system = unpickle(from, plain)
  if (isDict(system) && system.get("little_endian") === false) {
    throw new Malformed("its numbers are big-endian", "save it again on a little-endian machine")
  }
  const types = new Map<string, { readonly type: ElementType; readonly elements: number }>()
  const contents = new Map<string, Uint8Array>()
  const value = unpickle(
    from,
    world((key, type, elements) => {
      const known = types.get(key)
      if (known !== undefined && (known.type !== type || known.elements !== elements)) {
        throw new Malformed(`its storage ${key} is described in two ways`)
      }
      types.set(key, { type, elements })
      return {
        type,
        elements,
        bytes: () => {
          const content = contents.get(key)
          if (content === undefined) throw new Malformed(`its storage ${key} is missing`, "fetch the file again")
          return content
        },
      }
    }),
  )
  const keys = unpickle(from, plain)
  for (const key of isSequence(keys) ? keys.items : []) {
    const described = typeof key === "string" ? types.get(key) : undefined
    if (typeof key !== "string" || described === undefined)
      throw new Malformed("it has a storage that nothing refers to")
    const elements = from.u64()
    if (elements !== described.elements) {
      throw new Malformed(`its storage ${key} has ${elements} elements, and ${described.elements} are spoken of`)
    }
    contents.set(key, from.take(elements * sizes[described.type]))
  }
  return value
}
