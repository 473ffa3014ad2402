import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Classes } from "../tables.ts"
import { FilesParam, stampFiles } from "./packed.ts"
import { classNamesIn, openParquet } from "./parquet.ts"
import { located, shortName } from "./paths.ts"

const Params = Schema.Struct({
  /** The Parquet file, or several, of which the first is read. */
  file: FilesParam,
  /** Column of the labels. */
  label: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("label"))),
})
type Params = typeof Params.Type

/** The names of the classes that Hugging Face's metadata has of a column, in order of index. A file without them is an error. */
export const parquetClasses = whole("parquetClasses", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Classes,
  stamp: ({ file }) => stampFiles(file),
  run: Effect.fnUntraced(function* (_, { file, label }: Params) {
    const path = yield* located([file].flat()[0] ?? "")
    const name = classNamesIn(yield* openParquet(path), label)
    return name === undefined
      ? yield* new StageError({
          message: `this file has no class names for the column ${JSON.stringify(label)}`,
          hint: "they are in the metadata `huggingface`; give `classes` by hand where it is missing",
          file: path,
        })
      : { name }
  }),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
