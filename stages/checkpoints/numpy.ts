/** numpy's arrays in a pickle. */
import { Malformed } from "./Malformed.ts"
import { isMade, isSequence, type Known, type Made, type Value } from "./Pickle.ts"
import { contiguous, type ElementType, make as weight, sizes } from "./Weight.ts"

const types: ReadonlyMap<string, ElementType> = new Map([
  ["f8", "float64"],
  ["f4", "float32"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["i4", "int32"],
  ["i2", "int16"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "bool"],
])

const dtype = ([code]: ReadonlyArray<Value>): Value => {
  const made: Made = {
    kind: "made",
    name: "numpy.dtype",
    content: { kind: "dtype", type: typeof code === "string" ? types.get(code) : undefined },
    build: (state) => {
      if (isSequence(state) && state.items[1] === ">") throw new Malformed("a numpy array of big-endian numbers")
    },
  }
  return made
}

/** An array, filled once its state comes: version, shape, dtype, whether it is in Fortran's order, bytes. */
const array = (): Made => {
  const made: Made = {
    kind: "made",
    name: "numpy.ndarray",
    content: undefined,
    build: (state) => {
      const [, shape, dtype, fortran, bytes] = isSequence(state) ? state.items : []
      const sides = isSequence(shape) ? shape.items.filter((side) => typeof side === "number") : []
      const type = isMade(dtype) && dtype.content?.kind === "dtype" ? dtype.content.type : undefined
      // An array of objects has a list here: settings, not weights.
      if (type === undefined || !(bytes instanceof Uint8Array)) return
      const strides = fortran === true ? contiguous(sides.toReversed()).toReversed() : contiguous(sides)
      const storage = { type, elements: bytes.length / sizes[type], bytes: () => bytes }
      made.content = { kind: "weight", weight: weight(storage, 0, sides, strides) }
    },
  }
  return made
}

const calls: Readonly<Record<string, (args: ReadonlyArray<Value>) => Value>> = {
  dtype,
  scalar: () => ({ kind: "made", name: "numpy.scalar", content: undefined }),
  _reconstruct: array,
  _frombuffer: ([bytes, type, shape, order]) => {
    const made = array()
    made.build?.({ kind: "tuple", items: [1, shape ?? null, type ?? null, order === "F", bytes ?? null] })
    return made
  },
}

const modules = new Set([
  "numpy",
  "numpy.core.multiarray",
  "numpy._core.multiarray",
  "numpy.core.numeric",
  "numpy._core.numeric",
])

/** What of numpy a pickle may name. */
export const known = (name: string): Known | undefined => {
  const at = name.lastIndexOf(".")
  const member = name.slice(at + 1)
  if (!modules.has(name.slice(0, at))) return undefined
  const call = Object.hasOwn(calls, member) ? calls[member] : undefined
  if (call !== undefined) return { kind: "known", name, call }
  return member === "ndarray" || /^(?:float|int|uint)\d+$|^bool_?$/u.test(member) ? { kind: "known", name } : undefined
}
