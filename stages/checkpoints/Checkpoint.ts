import { Malformed } from "./Malformed.ts"
import { isDict, isSequence, readBytes, type Value } from "./Pickle.ts"
import * as safetensors from "./safetensors.ts"
import * as legacy from "./torchLegacy.ts"
import { entries, weightOf, world } from "./torch.ts"
import * as torchZip from "./torchZip.ts"
import type { Weight, Weights } from "./Weight.ts"

/** What a checkpoint was saved as. */
export type Container = "pytorch zip" | "pytorch legacy" | "pickle" | "safetensors"

/** A file of weights, taken apart. */
export interface Checkpoint {
  readonly container: Container
  /** Every weight, named by its path: `state_dict.module.conv1.weight`. */
  readonly weights: Weights
  /** Weights under one dict, by the path of that dict: `""` for the whole, `state_dict`, `teacher`. */
  readonly dicts: ReadonlyMap<string, Weights>
}

// What is deeper than this is no state dict. A dict may hold itself, or one dict many times.
const deepest = 8

/** All weights below a value, and the dicts that hold some themselves. */
const collect = (value: Value) => {
  const weights = new Map<string, Weight>()
  const dicts = new Map<string, Map<string, Weight>>()
  const seen = new Set<Value>()
  const visit = (at: Value, path: ReadonlyArray<string>) => {
    if (path.length > deepest || seen.has(at)) return
    if (typeof at === "object") seen.add(at)
    const here = isDict(at) ? entries(at) : isSequence(at) ? at.items.map((item, i) => [String(i), item] as const) : []
    for (const [name, item] of here) {
      const weight = weightOf(item)
      if (weight === undefined) {
        visit(item, [...path, name])
        continue
      }
      weights.set([...path, name].join("."), weight)
      const key = path.join(".")
      const dict = dicts.get(key)
      if (dict === undefined) dicts.set(key, new Map([[name, weight]]))
      else dict.set(name, weight)
    }
  }
  visit(value, [])
  return { weights, dicts }
}

const pickled = (container: Container, value: Value): Checkpoint => {
  const found = collect(value)
  if (found.weights.size === 0)
    throw new Malformed("it holds no weights", "name the file that the authors call their checkpoint")
  return { container, ...found }
}

const plain = (bytes: Uint8Array): Checkpoint => {
  const value = readBytes(
    bytes,
    "the file",
    world(() => {
      throw new Malformed("a pickle that refers to storages outside of it")
    }),
  )
  return pickled("pickle", value)
}

/** Takes a file of weights apart. Throws {@link Malformed}; nothing in the file is executed. */
export const parse = (bytes: Uint8Array): Checkpoint => {
  if (torchZip.isZip(bytes)) {
    const found = torchZip.read(bytes)
    if ("value" in found) return pickled("pytorch zip", found.value)
    const inner = [...found.members.values()].filter(({ name }) => !name.endsWith("/"))
    const [only] = inner
    if (only === undefined || inner.length > 1) {
      throw new Malformed(`it is a zip of ${inner.length} files, and no checkpoint`, "unpack it and name the file")
    }
    return parse(only.bytes())
  }
  if (legacy.isLegacy(bytes)) return pickled("pytorch legacy", legacy.read(bytes))
  if (safetensors.isSafetensors(bytes)) {
    const weights = safetensors.read(bytes)
    return { container: "safetensors", weights, dicts: new Map([["", weights]]) }
  }
  if (bytes[0] === 0x80) return plain(bytes)
  if (Buffer.from(bytes.subarray(0, 16)).toString("latin1").startsWith("sys_info")) throw oldest()
  throw new Malformed(
    "it is none of the containers that are read",
    "PyTorch (.pth, .pt, .pth.tar), safetensors or a pickle of numpy arrays; an ONNX file goes through onnxFile",
  )
}

const oldest = () => new Malformed("it was saved by PyTorch before 0.1.10, in a tar", "load it and save it again")
