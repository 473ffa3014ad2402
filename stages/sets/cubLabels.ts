import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { readCsv } from "../sources/csv.ts"
import * as LabelRows from "../sources/labelRows.ts"
import { located, pathIn } from "../sources/paths.ts"
import { stampFiles } from "../sources/packed.ts"
import { Labels } from "../tables.ts"

const Params = Schema.Struct({
  /** The folder `CUB_200_2011`. */
  dir: Schema.NonEmptyString,
  split: Schema.Literals(["train", "test"]),
})
type Params = typeof Params.Type

const names = ["images.txt", "image_class_labels.txt", "train_test_split.txt"] as const

/** What a file of CUB says of each image: `number value` a line. */
const valuesIn = Effect.fnUntraced(function* (file: string) {
  const values = new Map<string, string>()
  yield* readCsv(file, { separator: " " }, ([image = "", value = ""]) => {
    if (values.has(image)) return `a second line for the image ${image}`
    values.set(image, value)
    return undefined
  })
  return values
})

/**
 * The labels of CUB-200-2011's training or test images from its own lists, under
 * paths below `images`; classes count from 0. An image that one list has and
 * another lacks and a class out of range are errors.
 */
export const cubLabels = whole("cubLabels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: ({ dir }) => stampFiles([join(dir, names[0]), join(dir, names[1]), join(dir, names[2])]),
  run: Effect.fnUntraced(function* (_, { dir, split }: Params) {
    const folder = yield* located(dir)
    const [paths, classes, training] = yield* Effect.all([
      valuesIn(join(folder, names[0])),
      valuesIn(join(folder, names[1])),
      valuesIn(join(folder, names[2])),
    ])
    const rows = LabelRows.make()
    for (const [image, path] of paths) {
      const label = Number(classes.get(image)) - 1
      const part = training.get(image)
      const id = pathIn(path, "")
      const problem =
        typeof id === "string"
          ? id
          : !Number.isInteger(label) || label < 0 || label >= 200
            ? `its class ${classes.get(image) ?? "is missing, and"} is none of 1 to 200`
            : part !== "0" && part !== "1"
              ? "it is in neither part of the split"
              : (part === "1") === (split === "train")
                ? rows.add(id.id, [label])
                : undefined
      if (problem !== undefined) {
        return yield* new StageError({ message: `image ${image}: ${problem}`, file: folder })
      }
    }
    return rows.sorted()
  }),
  label: ({ split }) => split,
})
