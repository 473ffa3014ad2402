import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Classes } from "../tables.ts"
import { Depth, groups } from "./groups.ts"
import { Taxonomy } from "./tables.ts"

/** The names of the coarse classes at a depth of a taxonomy, in the order of their numbers: how many there are, too. */
export const coarseClasses = whole("coarseClasses", {
  module: import.meta,
  params: Schema.Struct({ depth: Depth }),
  inputs: { taxonomy: Taxonomy, classes: Classes },
  output: Classes,
  run: Effect.fnUntraced(function* (inputs, { depth }: { readonly depth: number }) {
    return { name: (yield* groups(inputs, depth)).names }
  }),
})
