/**
 * What a checkpoint of Haiku's networks holds beside numpy's arrays: its own
 * dicts (dm-haiku, `data_structures.py`, which says what older ones pickled to)
 * and named tuples of the training's state, as dill saves them.
 */
import { Malformed } from "./Malformed.ts"
import { isDict, isSequence, type Known, type Value } from "./Pickle.ts"

/** A named tuple becomes a dict of its fields. */
const namedTuple = ([name, fields]: ReadonlyArray<Value>): Known => {
  const names = isSequence(fields) ? fields.items : []
  return {
    kind: "known",
    name: typeof name === "string" ? name : "a named tuple",
    call: (values) => {
      if (values.length !== names.length) throw new Malformed("a named tuple with more or fewer values than fields")
      return new Map(names.map((field, i) => [field, values[i] ?? null]))
    },
  }
}

const dict = ([content]: ReadonlyArray<Value>): Value => (isDict(content ?? null) ? (content ?? null) : new Map())

const calls: Readonly<Record<string, (args: ReadonlyArray<Value>) => Value>> = {
  "dill._dill._create_namedtuple": namedTuple,
  "haiku._src.data_structures.FlatMapping": dict,
  "haiku._src.data_structures.FlatMap": dict,
  "haiku._src.data_structures.frozendict": dict,
  "haiku._src.data_structures.to_haiku_dict": dict,
}

/** What of it a pickle may name. */
export const known = (name: string): Known | undefined => {
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined
  return call === undefined ? undefined : { kind: "known", name, call }
}
