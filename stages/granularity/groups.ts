import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Classes } from "../tables.ts"
import { few } from "./few.ts"
import type { Taxonomy } from "./tables.ts"
import * as Tree from "./Tree.ts"

/** How far from the root: 0 is the coarsest level; a class that ends above it stays itself. */
export const Depth = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0))

/** The coarse classes of a level. */
export interface Groups {
  /** Their names, in order of first appearance among the classes. */
  readonly names: ReadonlyArray<string>
  /** The coarse class of each class. */
  readonly of: Int32Array
}

/**
 * Which coarse class each class falls into at a depth of the tree. Errors: a tree
 * that is none (see `Tree`), classes that are not in it.
 */
export const groups = Effect.fnUntraced(function* (
  inputs: { readonly taxonomy: Reader<typeof Taxonomy>; readonly classes: Reader<typeof Classes> },
  depth: number,
): Effect.fn.Return<Groups, StageError> {
  const tree = Tree.make(yield* inputs.taxonomy.all)
  if (typeof tree === "string") return yield* new StageError({ message: `the taxonomy is no tree: ${tree}` })
  const { name } = yield* inputs.classes.all
  const strangers = name.filter((one) => tree.pathOf(one) === undefined)
  if (strangers.length > 0) {
    return yield* new StageError({
      message: `${strangers.length} of ${name.length} classes are not in the taxonomy: ${few(strangers)}`,
      hint: "the taxonomy calls classes as `classes` does",
    })
  }
  const index = new Map<string, number>()
  const of = Int32Array.from(name, (one) => {
    const path = tree.pathOf(one) ?? []
    // By the whole path, as different branches may use one name.
    const group = path.slice(0, depth + 1).join("\0")
    const known = index.get(group) ?? index.size
    index.set(group, known)
    return known
  })
  return { names: [...index.keys()].map((path) => path.slice(path.lastIndexOf("\0") + 1)), of }
})

/** The coarse class of a class, or an error where the class is out of range. */
export const groupOf = (groups: Groups, label: number, id: string): number | StageError =>
  groups.of[label] ??
  new StageError({
    message: `the class ${label} of the image ${id} is not one of the ${groups.of.length} of the taxonomy`,
    hint: "`classes` must be those that the probe and the labels count",
  })
