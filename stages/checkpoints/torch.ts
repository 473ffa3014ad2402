/** What pickles of PyTorch may name, and what becomes of it. */
import { Malformed } from "./Malformed.ts"
import { isDict, isKnown, isMade, isSequence, type Known, type Made, tuple, type Value, type World } from "./Pickle.ts"
import * as haiku from "./haikuPickle.ts"
import * as numpy from "./numpy.ts"
import { type ElementType, make as weight, type Storage, type Weight } from "./Weight.ts"

/** Where the storages of a container lie. */
export type StorageOf = (key: string, type: ElementType, elements: number, location: Value) => Storage

const storageTypes: ReadonlyMap<string, ElementType> = new Map([
  ["DoubleStorage", "float64"],
  ["FloatStorage", "float32"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["LongStorage", "int64"],
  ["IntStorage", "int32"],
  ["ShortStorage", "int16"],
  ["CharStorage", "int8"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
])

/** Element types as they stand by themselves, in the settings that a checkpoint keeps beside its weights. */
const dtypes = new Set([
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint8",
  "bool",
])

const opaqueOf = (name: string): Made => ({ kind: "made", name, content: undefined })

/** The weight that a value stands for: a tensor or an array. */
export const weightOf = (value: Value): Weight | undefined =>
  isMade(value) && value.content?.kind === "weight" ? value.content.weight : undefined

const integers = (value: Value | undefined): ReadonlyArray<number> => {
  const items = isSequence(value) ? value.items : [null]
  if (!items.every((item) => typeof item === "number")) throw new Malformed("a tensor without a shape")
  return items
}

const rebuilt = ([storage, offset, size, stride]: ReadonlyArray<Value>): Value => {
  if (!isMade(storage) || storage.content?.kind !== "storage" || typeof offset !== "number") {
    throw new Malformed("a tensor without a storage")
  }
  const made = weight(storage.content.storage, offset, integers(size), integers(stride))
  return { kind: "made", name: "tensor", content: { kind: "weight", weight: made } }
}

const storageValue = (storage: Storage): Made => ({
  kind: "made",
  name: "storage",
  content: { kind: "storage", storage },
})

// Settings of the training and the like: what they hold is kept, what they can do is not.
const opaque = new Set([
  "argparse.Namespace",
  "torch.device",
  "pathlib.Path",
  "pathlib.PosixPath",
  "builtins.object",
  "__builtin__.object",
  "builtins.slice",
  "__builtin__.slice",
  "datetime.datetime",
  "datetime.timedelta",
  "mmengine.logging.history_buffer.HistoryBuffer",
  "mmengine.config.config.ConfigDict",
  "vissl.utils.hydra_config.AttrDict",
  "omegaconf.dictconfig.DictConfig",
  "omegaconf.listconfig.ListConfig",
  "omegaconf.base.ContainerMetadata",
  "omegaconf.base.Metadata",
  "omegaconf.nodes.AnyNode",
  "typing.Any",
  "torch.optim.sgd.SGD",
  "torch.optim.lr_scheduler.CosineAnnealingLR",
])

const first = (args: ReadonlyArray<Value>): Value => args[0] ?? null

const itemsOf = (value: Value | undefined): Array<Value> => (isSequence(value) ? [...value.items] : [])

const orderedDict = ([pairs]: ReadonlyArray<Value>): Value =>
  new Map(itemsOf(pairs).map((pair) => [itemsOf(pair)[0] ?? null, itemsOf(pair)[1] ?? null]))

const functions: Readonly<Record<string, (args: ReadonlyArray<Value>) => Value>> = {
  "collections.OrderedDict": orderedDict,
  "collections.defaultdict": () => new Map(),
  "builtins.dict": orderedDict,
  "__builtin__.dict": orderedDict,
  "builtins.set": first,
  "__builtin__.set": first,
  "builtins.frozenset": first,
  "__builtin__.frozenset": first,
  "builtins.list": ([items]) => ({ kind: "list", items: itemsOf(items) }),
  "__builtin__.list": ([items]) => ({ kind: "list", items: itemsOf(items) }),
  "torch.Size": ([items]) => tuple(itemsOf(items)),
  "_codecs.encode": ([text]) => (typeof text === "string" ? Buffer.from(text, "latin1") : null),
  "torch._utils._rebuild_tensor": rebuilt,
  "torch._utils._rebuild_tensor_v2": rebuilt,
  "torch._utils._rebuild_parameter": first,
  "torch.nn.parameter.Parameter": first,
  "torch._tensor._rebuild_from_type_v2": ([call, , args]) => {
    if (!isKnown(call) || call.call === undefined || !isSequence(args))
      throw new Malformed("a tensor of an unknown class")
    return call.call(args.items)
  },
  "copy_reg._reconstructor": () => opaqueOf("object"),
  "copyreg._reconstructor": () => opaqueOf("object"),
}

const known = (name: string): Known | undefined => {
  const call = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (call !== undefined) return { kind: "known", name, call }
  if (opaque.has(name)) return { kind: "known", name, call: () => opaqueOf(name) }
  const [module, member = ""] = [name.slice(0, name.lastIndexOf(".")), name.slice(name.lastIndexOf(".") + 1)]
  if ((module === "torch" || module === "torch.cuda") && storageTypes.has(member)) return { kind: "known", name }
  if (module === "torch" && (dtypes.has(member) || member === "Tensor" || member === "FloatTensor")) {
    return { kind: "known", name }
  }
  return numpy.known(name) ?? haiku.known(name)
}

/** The world of a PyTorch pickle, of which the storages lie where `storageOf` says. */
export const world = (storageOf: StorageOf): World => ({
  known,
  persistent: (id) => {
    const [kind, type, key, location, elements, view] = isSequence(id) ? id.items : []
    if (kind === "module") {
      throw new Malformed(
        "it holds a whole model, with its code, and not only weights",
        "save the state dict: torch.save(model.state_dict(), file)",
      )
    }
    const name = isKnown(type) ? type.name : ""
    const element = storageTypes.get(name.slice(name.lastIndexOf(".") + 1))
    if (kind !== "storage" || element === undefined || typeof key !== "string" || typeof elements !== "number") {
      throw new Malformed("a storage of an unknown kind")
    }
    const storage = storageOf(key, element, elements, location ?? null)
    if (!isSequence(view)) return storageValue(storage)
    // A part of a storage: its key in the file, where it begins and how long it is.
    const [, begin, length] = view.items
    if (typeof begin !== "number" || typeof length !== "number" || begin + length > elements) {
      throw new Malformed("a part that is not within its storage")
    }
    const part = () => {
      const all = storage.bytes()
      const each = all.length / elements
      return all.subarray(begin * each, (begin + length) * each)
    }
    return storageValue({ type: element, elements: length, bytes: part })
  },
})

/** The entries of a dict whose keys are names. */
export const entries = (value: Value): ReadonlyArray<readonly [string, Value]> =>
  isDict(value) ? [...value].filter((entry): entry is [string, Value] => typeof entry[0] === "string") : []
