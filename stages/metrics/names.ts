import * as Effect from "effect/Effect"
import type { Reader } from "../../src/dsl/Stage.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import type { Classes } from "../tables.ts"

/** What classes are called: empty where names are not given. */
export const namesOf = Effect.fnUntraced(function* (
  classes: Reader<typeof Classes> | undefined,
): Effect.fn.Return<(label: number) => string, StageError> {
  const name = classes === undefined ? [] : (yield* classes.all).name
  return (label) => name[label] ?? ""
})
