import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { readCsv } from "../sources/csv.ts"
import * as LabelRows from "../sources/labelRows.ts"
import { located, shortName, unreadable } from "../sources/paths.ts"
import { stampFile } from "../sources/stamp.ts"
import { Labels } from "../tables.ts"
import { readNpy } from "./npy.ts"

const placeholder = /\{i(?:\+(\d+))?(?::0(\d+)d)?\}/u

const Params = Schema.Struct({
  file: Schema.NonEmptyString,
  /** A class is a label of an image where its probability is above this, strictly. */
  above: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1)),
  /** The ids of a file that has none (`.npy`): `{i}` is the row from 0, `{i+1:05d}` that from 1 in five digits. */
  ids: Schema.optionalKey(Schema.String.check(Schema.isPattern(placeholder))),
})
type Params = typeof Params.Type

const idAt = (template: string, index: number) =>
  template.replace(placeholder, (_, offset: string | undefined, digits: string | undefined) =>
    String(index + Number(offset ?? 0)).padStart(Number(digits ?? 0), "0"),
  )

/** The classes that are probable enough, or what is wrong with the probabilities. */
const labelsOf = (probabilities: ReadonlyArray<number>, above: number): ReadonlyArray<number> | string => {
  const wrong = probabilities.findIndex((p) => !(p >= 0 && p <= 1 + 1e-6))
  if (wrong >= 0) return `the probability of class ${wrong} is ${probabilities[wrong]}, not between 0 and 1`
  return probabilities.flatMap((p, label) => (p > above ? [label] : []))
}

const readNumpy = Effect.fnUntraced(function* (file: string, { above, ids }: Params, rows: LabelRows.LabelRows) {
  if (ids === undefined) {
    return yield* new StageError({
      message: "a file of numpy has no ids, and `ids` is not given",
      hint: 'say what they are: `ids: "test/{i:05d}.png"`',
      file,
    })
  }
  const fs = yield* FileSystem.FileSystem
  const bytes = yield* Effect.mapError(fs.readFile(file), (error) => unreadable(file, error.reason.cause ?? error))
  const matrix = readNpy(bytes)
  if (typeof matrix === "string") return yield* new StageError({ message: matrix, file })
  for (let row = 0; row < matrix.rows; row++) {
    const labels = labelsOf(
      Array.from({ length: matrix.columns }, (_, column) => matrix.at(row, column)),
      above,
    )
    const problem = typeof labels === "string" ? labels : rows.add(idAt(ids, row), labels)
    if (problem !== undefined) return yield* new StageError({ message: `row ${row}: ${problem}`, file })
  }
})

const readText = (file: string, { above, ids }: Params, rows: LabelRows.LabelRows) => {
  if (ids !== undefined) {
    return Effect.fail(new StageError({ message: "a CSV file has its ids in the first column: leave `ids` out", file }))
  }
  let header = true
  return readCsv(file, {}, ([id = "", ...cells]) => {
    if (header) {
      header = false
      return undefined
    }
    const wrong = cells.findIndex((cell) => cell.trim() === "" || Number.isNaN(Number(cell)))
    if (wrong >= 0) return `${JSON.stringify(cells[wrong])} is no probability`
    const labels = labelsOf(cells.map(Number), above)
    return typeof labels === "string" ? labels : rows.add(id, labels)
  })
}

/**
 * Labels from probabilities of all classes, as many annotators give them: a
 * class counts where its probability is above a threshold. Several may, or none:
 * an image without a label is left out of scores and counted as `unlabelled`.
 *
 * - `.npy`: a matrix `[images, classes]` of float32 or float64, as CIFAR-10H
 *   (Peterson et al. 2019) publishes `cifar10h-probs.npy`; `ids` says the ids.
 * - anything else: CSV with a header, the id first, then a column a class in the
 *   order of their numbers (shares of land cover, say: `above: 0`).
 *
 * A row that is malformed, a value outside 0..1 and an id given twice are errors
 * that name the file and the row.
 *
 * @example
 * labelProbabilities({ file: "cifar10h-probs.npy", ids: "test/{i:05d}.png", above: 0.2 })
 */
export const labelProbabilities = whole("labelProbabilities", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: Effect.fnUntraced(function* ({ file }: Params) {
    return yield* stampFile(yield* located(file))
  }),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const file = yield* located(params.file)
    const rows = LabelRows.make()
    yield* /\.npy$/iu.test(file) ? readNumpy(file, params, rows) : readText(file, params, rows)
    if (rows.size() === 0) return yield* new StageError({ message: "there are no rows in this file", file })
    return rows.sorted()
  }),
  label: ({ above, file }) => `${shortName(file)} above ${above}`,
})
