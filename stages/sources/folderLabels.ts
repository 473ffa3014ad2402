import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { optional, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Classes, Labels, Manifest } from "../tables.ts"
import { ClassesParam, classOf, named, readClasses, some, stampClasses } from "./classNames.ts"
import { classesIn, Depth, folderOf, notInFolder } from "./folders.ts"

const Params = Schema.Struct({
  /** Which folder of the id is the class, from 0; the first where nothing is said. */
  depth: Depth,
  /** Names of the classes in order of index, a text file with a name a line, or how many there are where folders are numbers. */
  classes: Schema.optionalKey(ClassesParam),
})
type Params = typeof Params.Type

/**
 * The class of each image is a folder of its id. Indices come from the input
 * `classes`, else from the param, else from the folders themselves in the order
 * of `folderClasses`. A set that has only some of the training set's classes
 * needs one of the first two (a count where folders are the classes' numbers, as
 * ImageNet-v2's are); classes without images are fine, a folder that is
 * no class is an error.
 */
export const folderLabels = whole("folderLabels", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest, classes: optional(Classes) },
  output: Labels,
  stamp: ({ classes }) => stampClasses(classes),
  run: Effect.fnUntraced(function* (inputs, params: Params) {
    const { depth } = params
    if (inputs.classes !== undefined && params.classes !== undefined) {
      return yield* new StageError({ message: "`classes` is given twice, as an input and as a param" })
    }
    const found = yield* classesIn(inputs.manifest, depth)
    const given = inputs.classes === undefined ? undefined : (yield* inputs.classes.all).name
    const known =
      given === undefined && params.classes === undefined
        ? named(found)
        : given === undefined
          ? yield* readClasses(params.classes)
          : named(given)
    if (typeof known === "string") return yield* new StageError({ message: known })
    const indexOf = (folder: string): number | undefined => {
      const index = classOf(known, folder)
      return typeof index === "number" ? index : undefined
    }
    const strange = found.filter((folder) => indexOf(folder) === undefined)
    if (strange.length > 0) {
      const folders = strange.length === 1 ? "this folder is" : "these folders are"
      return yield* new StageError({
        message: `${folders} none of the ${known.count} classes: ${some(strange, 10)}`,
        hint: "add them to `classes`, or say with `depth` which folder of the id is the class",
      })
    }
    return Stream.mapEffect(inputs.manifest.batches, ({ id: ids }) =>
      Effect.gen(function* () {
        const labels: Array<Int32Array> = []
        for (const id of ids) {
          const label = indexOf(folderOf(id, depth) ?? "")
          if (label === undefined) return yield* notInFolder(id, depth)
          labels.push(Int32Array.of(label))
        }
        return { id: ids, labels }
      }),
    )
  }),
})
