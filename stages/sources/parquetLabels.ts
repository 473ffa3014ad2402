import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { type Classes, ClassesParam, classOf, named, readClasses, stampClasses } from "./classNames.ts"
import * as LabelRows from "./labelRows.ts"
import { FilesParam, stampFiles } from "./packed.ts"
import { classNamesIn, imageIn, openParquet, parquetId } from "./parquet.ts"
import { located, shortName } from "./paths.ts"

const Column = (name: string) => Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed(name)))

const Params = Schema.Struct({
  file: FilesParam,
  /** Column of the encoded images, after which rows are called. */
  image: Column("image"),
  /** Column of the labels: numbers, names or lists of them. */
  label: Column("label"),
  classes: Schema.optionalKey(ClassesParam),
})
type Params = typeof Params.Type

/** Whole numbers come as bigint. */
const plain = (value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value)

const labelsOf = (cell: unknown, classes: Classes): ReadonlyArray<number> | string => {
  const labels: Array<number> = []
  for (const value of Array.isArray(cell) ? cell : cell === null || cell === undefined ? [] : [cell]) {
    const said = plain(value)
    if (typeof said !== "number" && typeof said !== "string") return "neither a label nor a list of labels"
    const label = classOf(classes, said)
    if (typeof label === "string") return label
    labels.push(label)
  }
  return labels
}

/**
 * The labels in Parquet files, under the ids of `parquetFiles`. `classes` says
 * which there are, else the names that Hugging Face's metadata has of the column.
 * An empty cell is an image without a label; a class out of range is an error.
 */
export const parquetLabels = whole("parquetLabels", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: Effect.fnUntraced(function* ({ file, classes }: Params) {
    return `${yield* stampFiles(file)} ${yield* stampClasses(classes)}`
  }),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const rows = LabelRows.make()
    const given = yield* readClasses(params.classes)
    for (const path of yield* Effect.forEach([params.file].flat(), located)) {
      const parquet = yield* openParquet(path)
      const names = classNamesIn(parquet, params.label)
      const classes = params.classes === undefined && names !== undefined ? named(names) : given
      if (typeof classes === "string") return yield* new StageError({ message: classes, file: path })
      for (const [group, start] of parquet.borders.slice(0, -1).entries()) {
        const end = parquet.borders[group + 1] ?? start
        const labels = yield* parquet.cells(params.label, start, end)
        const images = yield* parquet.cells(params.image, start, end)
        for (const [i, cell] of labels.entries()) {
          const said = labelsOf(cell, classes)
          const problem =
            typeof said === "string" ? said : rows.add(parquetId(path, start + i, imageIn(images[i])?.path), said)
          if (problem !== undefined)
            return yield* new StageError({ message: `row ${start + i}: ${problem}`, file: path })
        }
      }
    }
    return rows.sorted()
  }),
  label: ({ file }) => shortName([file].flat()[0] ?? ""),
})
