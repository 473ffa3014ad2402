import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Classes, Manifest } from "../tables.ts"
import { classesIn, Depth } from "./folders.ts"

const Params = Schema.Struct({
  /** Which folder of the id is the class, from 0; the first where nothing is said. */
  depth: Depth,
})

/**
 * The names of the classes that a set's folders are, in order of index: as
 * numbers where all are digits, else by code unit. Give it to `folderLabels`
 * of sets that have only some of these classes, so that an index means the same.
 *
 * @example
 * folderLabels({ manifest: rendition, classes: folderClasses(train) })
 */
export const folderClasses = whole("folderClasses", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest },
  output: Classes,
  run: ({ manifest }, { depth }) => Effect.map(classesIn(manifest, depth), (name) => ({ name })),
})
