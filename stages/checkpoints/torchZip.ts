/** PyTorch's container since 1.6: a zip with a pickle and a member a storage. */
import { Malformed } from "./Malformed.ts"
import { readBytes, type Value } from "./Pickle.ts"
import { world } from "./torch.ts"
import { sizes } from "./Weight.ts"
import { isZip, type Member, members } from "./zip.ts"

export { isZip }

/** The members of a PyTorch container, by their name below its folder; undefined where the zip is none. */
const contents = (all: ReadonlyMap<string, Member>): ReadonlyMap<string, Member> | undefined => {
  const pickle = [...all.keys()].find((name) => name.endsWith("/data.pkl"))
  if (pickle === undefined) return undefined
  const folder = pickle.slice(0, -"data.pkl".length)
  return new Map(
    [...all.values()].flatMap((m) => (m.name.startsWith(folder) ? [[m.name.slice(folder.length), m]] : [])),
  )
}

/** What a zip holds: the value of PyTorch's pickle, or its members where it is a zip of something else. */
export const read = (
  bytes: Uint8Array,
): { readonly value: Value } | { readonly members: ReadonlyMap<string, Member> } => {
  const all = members(bytes)
  const found = contents(all)
  if (found === undefined) return { members: all }
  if (found.has("constants.pkl")) {
    throw new Malformed(
      "it is a TorchScript archive: a program, and not only weights",
      "save the state dict of the model, or export it to ONNX",
    )
  }
  const order = found.get("byteorder")?.bytes()
  if (order !== undefined && Buffer.from(order).toString() !== "little") {
    throw new Malformed("its numbers are big-endian", "save it again on a little-endian machine")
  }
  const pickle = found.get("data.pkl")
  if (pickle === undefined) throw new Malformed("it has no data.pkl")
  const storages = world((key, type, elements) => ({
    type,
    elements,
    bytes: () => {
      const member = found.get(`data/${key}`)
      if (member === undefined) throw new Malformed(`its storage ${key} is missing`, "fetch the file again")
      const content = member.bytes()
      if (content.length < elements * sizes[type]) throw new Malformed(`its storage ${key} is too short`)
      return content.subarray(0, elements * sizes[type])
    },
  }))
  return { value: readBytes(pickle.bytes(), "its pickle", storages) }
}
