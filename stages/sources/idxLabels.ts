import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { idxId, readIdx } from "./idx.ts"
import * as LabelRows from "./labelRows.ts"
import { stampFiles } from "./packed.ts"
import { located, shortName } from "./paths.ts"

const Params = Schema.Struct({
  /** The IDX file of labels, shape `[images]`. */
  file: Schema.NonEmptyString,
  /** The IDX file of images, after which they are called. */
  images: Schema.NonEmptyString,
  /** How many classes there are. */
  classes: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
})
type Params = typeof Params.Type

/** The labels in an IDX file, under the ids of `idxFiles`. Another number of labels than images, or a class out of range, is an error. */
export const idxLabels = whole("idxLabels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: ({ file, images }) => stampFiles([file, images]),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const file = yield* located(params.file)
    const { header, bytes } = yield* readIdx(file)
    const count = (yield* readIdx(yield* located(params.images))).header.shape[0] ?? 0
    if (header.shape.length !== 1 || header.shape[0] !== count) {
      const message = `the shape of these labels is [${header.shape.join(", ")}], and there are ${count} images`
      return yield* new StageError({ message, hint: "give the two files of one set", file })
    }
    const rows = LabelRows.make()
    for (const [row, label] of bytes.subarray(header.start).entries()) {
      if (params.classes !== undefined && label >= params.classes) {
        const message = `image ${row}: class ${label} is out of range (0 to ${params.classes - 1})`
        return yield* new StageError({ message, file })
      }
      rows.add(idxId(params.images, row), [label])
    }
    return rows.sorted()
  }),
  label: ({ file }) => shortName(file),
})
