/**
 * What a checkpoint of Haiku's networks holds beside numpy's arrays: its own
 * dicts (dm-haiku, `data_structures.py`, which says what older ones pickled to)
 * and named tuples of the training's state, as dill saves them.
 */
import { Malformed } from "./Malformed.ts"
import { isDict, isSequence, type Known, tuple, type Value } from "./Pickle.ts"

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

/** Where dill saved a class by its name, its fields are those of BYOL's code (`byol_experiment.py`, `eval_experiment.py`). */
const states: Readonly<Record<string, string>> = {
  "byol.byol_experiment._ByolExperimentState": "online_params target_params online_state target_state opt_state",
  "byol.eval_experiment._EvalExperimentState":
    "backbone_params classif_params backbone_state backbone_opt_state classif_opt_state",
}

/** States of optimisers: nothing of them is looked at. */
const aside = /^(?:optax|byol\.utils\.optimizers)\./u

/** What of it a pickle may name. */
export const known = (name: string): Known | undefined => {
  const fields = Object.hasOwn(states, name) ? states[name] : undefined
  if (fields !== undefined) return namedTuple([name, tuple(fields.split(" "))])
  if (aside.test(name)) return { kind: "known", name, call: () => ({ kind: "made", name, content: undefined }) }
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined
  return call === undefined ? undefined : { kind: "known", name, call }
}
