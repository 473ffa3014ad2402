import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Classes } from "../tables.ts"
import { readClasses, stampClasses } from "./classNames.ts"
import { shortName } from "./paths.ts"

const Params = Schema.Struct({
  /** Names in order of index, or a text file with a name a line. */
  classes: Schema.Union([Schema.NonEmptyArray(Schema.NonEmptyString), Schema.NonEmptyString]),
  /** Which word of a line is the name, from 0; the whole line where nothing is said. */
  word: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
})
type Params = typeof Params.Type

/**
 * The names of a set's classes, from a list or a text file (`imagenet_synsets.txt`).
 * An empty name and one that comes twice are errors.
 *
 * @example
 * folderLabels({ manifest: rendition, classes: classList({ classes: "imagenet_synsets.txt" }) })
 */
export const classList = whole("classList", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Classes,
  stamp: ({ classes }) => stampClasses(classes),
  run: Effect.fnUntraced(function* (_, { classes, word }: Params) {
    const { names = [] } = yield* readClasses(classes)
    if (word === undefined) return { name: names }
    const name = names.map((line) => line.split(/\s+/u)[word] ?? "")
    const bad = name.find((one, i) => one === "" || name.indexOf(one) !== i)
    if (bad === undefined) return { name }
    return yield* new StageError({
      message: bad === "" ? `a line has no word ${word}` : `the class name ${JSON.stringify(bad)} is given twice`,
      ...(typeof classes === "string" ? { file: classes } : {}),
    })
  }),
  label: ({ classes }) => (typeof classes === "string" ? shortName(classes) : ""),
})
