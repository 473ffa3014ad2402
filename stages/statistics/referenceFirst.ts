import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Column } from "./grid.ts"
import type { SetOutcomes } from "./SetOutcomes.ts"

const names = (list: ReadonlyArray<string>) => list.map((name) => JSON.stringify(name)).join(", ")

/**
 * The sets with the reference (the first where nothing is said) in front of the
 * others. Errors: no outcomes; a name of a set that is not there; sets that are
 * not of the same models in the same order.
 */
export const referenceFirst = Effect.fnUntraced(function* (
  sets: ReadonlyArray<SetOutcomes>,
  reference: string | undefined,
  named: ReadonlyArray<string> = [],
): Effect.fn.Return<readonly [reference: SetOutcomes, ...others: ReadonlyArray<SetOutcomes>], StageError> {
  const [first] = sets
  if (first === undefined) return yield* new StageError({ message: "there are no outcomes" })
  const standard = reference === undefined ? first : sets.find(({ set }) => set === reference)
  const unknown = standard === undefined ? reference : named.find((name) => !sets.some(({ set }) => set === name))
  if (standard === undefined || unknown !== undefined) {
    return yield* new StageError({
      message: `there is no set ${JSON.stringify(unknown)}; the sets are ${sets.map(({ set }) => set).join(", ")}`,
    })
  }
  const other = sets.find(({ models }) => models.join("\n") !== first.models.join("\n"))
  if (other !== undefined) {
    return yield* new StageError({
      message: `on ${names([first.set])} the models are ${names(first.models)}, on ${names([other.set])} ${names(other.models)}`,
      hint: "give the outcomes of every model on every set, in the same order of models",
    })
  }
  return [standard, ...sets.filter((set) => set !== standard)]
})

/** The share of images that are right. */
export const share = (hits: Uint8Array) => hits.reduce((sum, hit) => sum + hit, 0) / hits.length

/** What each model scores on a set; it weighs its number of images, or what `weights` says. */
export const columnOf = ({ hits, ids, set }: SetOutcomes, weights: ReadonlyMap<string, number>): Column => ({
  set,
  values: hits.map(share),
  images: hits.map(() => ids.length),
  weights: hits.map(() => weights.get(set) ?? ids.length),
})
