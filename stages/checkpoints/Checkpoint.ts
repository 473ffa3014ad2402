import { Malformed } from "./Malformed.ts"
import { isDict, isSequence, readBytes, type Value } from "./Pickle.ts"
import * as safetensors from "./safetensors.ts"
import * as tensorflow from "./tensorflow.ts"
import * as legacy from "./torchLegacy.ts"
import { entries, weightOf, world } from "./torch.ts"
import * as torchZip from "./torchZip.ts"
import { listed } from "./listed.ts"
import type { Weight, Weights } from "./Weight.ts"
import type { Member } from "./zip.ts"

/** What a checkpoint was saved as. */
export type Container = "pytorch zip" | "pytorch legacy" | "pickle" | "safetensors" | "tensorflow"

/** A file of weights, taken apart. */
export interface Checkpoint {
  readonly container: Container
  /** Every weight, named by its path: `state_dict.module.conv1.weight`. */
  readonly weights: Weights
}

// What is deeper than this is no state dict. A dict may hold itself, or one dict many times.
const deepest = 8
// Each weight is named by its whole path.
const longestName = 500

/** All weights below a value. */
const collect = (value: Value): Weights => {
  const weights = new Map<string, Weight>()
  const seen = new Set<Value>()
  const visit = (at: Value, path: ReadonlyArray<string>) => {
    if (path.length > deepest || seen.has(at)) return
    if (typeof at === "object") seen.add(at)
    const here = isDict(at) ? entries(at) : isSequence(at) ? at.items.map((item, i) => [String(i), item] as const) : []
    for (const [name, item] of here) {
      if (name.length > longestName) throw new Malformed(`a name of ${name.length} characters`)
      const weight = weightOf(item)
      if (weight === undefined) visit(item, [...path, name])
      else weights.set([...path, name].join("."), weight)
    }
  }
  visit(value, [])
  return weights
}

const pickled = (container: Container, value: Value): Checkpoint => {
  const weights = collect(value)
  if (weights.size === 0)
    throw new Malformed("it holds no weights", "name the file that the authors call their checkpoint")
  return { container, weights }
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

/** The file with the name of an index and another ending. */
type Beside = (ending: string) => Uint8Array | undefined

const ending = ".index"

/** The checkpoint in a zip that is not PyTorch's own: the only file in it, or TensorFlow's several. */
const packed = (members: ReadonlyMap<string, Member>): Checkpoint => {
  const names = [...members.keys()].filter((name) => !name.endsWith("/"))
  const indexes = names.filter((name) => name.endsWith(ending))
  // Beside the checkpoint itself SimCLR's zips hold a module of TensorFlow Hub, with an index of its own.
  const index = indexes.length > 1 ? indexes.find((name) => /model\.ckpt[^/]*$/u.test(name)) : indexes[0]
  const content = index === undefined ? undefined : members.get(index)?.bytes()
  if (index !== undefined && content !== undefined) {
    const stem = index.slice(0, -ending.length)
    const weights = tensorflow.read(content, (ending) => members.get(stem + ending)?.bytes())
    return { container: "tensorflow", weights }
  }
  const [only] = names
  if (only === undefined || names.length > 1) {
    throw new Malformed(
      `it is a zip of ${names.length} files, and no checkpoint: ${listed(names)}`,
      "unpack it and name the file",
    )
  }
  return unpacked(members.get(only)?.bytes() ?? new Uint8Array())
}

/** A file that may not be a zip of another again: those could go on for ever. */
const unpacked = (bytes: Uint8Array, beside: Beside = () => undefined): Checkpoint => {
  if (torchZip.isZip(bytes)) {
    const found = torchZip.read(bytes)
    if ("value" in found) return pickled("pytorch zip", found.value)
    throw new Malformed("it is a zip in a zip, and no checkpoint", "unpack it and name the file")
  }
  if (legacy.isLegacy(bytes)) return pickled("pytorch legacy", legacy.read(bytes))
  if (safetensors.isSafetensors(bytes)) return { container: "safetensors", weights: safetensors.read(bytes) }
  if (tensorflow.isIndex(bytes)) return { container: "tensorflow", weights: tensorflow.read(bytes, beside) }
  if (bytes[0] === 0x80) return plain(bytes)
  if (Buffer.from(bytes.subarray(0, 16)).toString("latin1").startsWith("sys_info")) throw oldest()
  throw new Malformed(
    "it is none of the containers that are read",
    "PyTorch (.pth, .pt, .pth.tar), safetensors, a pickle of numpy arrays or TensorFlow's .index; an ONNX file goes through onnxFile",
  )
}

/**
 * Takes a file of weights apart. `beside` gives the other files of a checkpoint
 * that has several (`.data-00000-of-00001`). Throws {@link Malformed}; nothing in
 * the file is executed.
 */
export const parse = (bytes: Uint8Array, beside?: Beside): Checkpoint => {
  if (torchZip.isZip(bytes)) {
    const found = torchZip.read(bytes)
    return "value" in found ? pickled("pytorch zip", found.value) : packed(found.members)
  }
  return unpacked(bytes, beside)
}

const oldest = () => new Malformed("it was saved by PyTorch before 0.1.10, in a tar", "load it and save it again")
