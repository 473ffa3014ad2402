import * as Effect from "effect/Effect"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { Root } from "../../src/dsl/Services.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Scores } from "../tables.ts"
import { columnIn, readCsv } from "./csv.ts"
import { located, shortName } from "./paths.ts"
import { stampFile } from "./stamp.ts"

const Count = Schema.Int.check(Schema.isGreaterThan(0))

const Params = Schema.Struct({
  /** A line a model: its name, and its accuracy in percent on each set. */
  file: Schema.NonEmptyString,
  /** How many images each set has: numbers by set, or a CSV file with the columns `set` and `images`. */
  images: Schema.Union([Schema.Record(Schema.String, Count), Schema.NonEmptyString]),
  /** Column of the models' names. */
  model: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("model"))),
  /** What the accuracies are. */
  metric: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("top1"))),
})
type Params = typeof Params.Type

const decimal = /^\d+(?:\.\d+)?$/u
const quoted = (text: string) => JSON.stringify(text)

const readImages = Effect.fnUntraced(function* (
  given: Params["images"],
): Effect.fn.Return<ReadonlyMap<string, number>, StageError, Root | Path.Path> {
  if (typeof given !== "string") return new Map(Object.entries(given))
  const counts = new Map<string, number>()
  let columns: { readonly set: number; readonly images: number } | undefined
  yield* readCsv(yield* located(given), { comment: "#" }, (cells) => {
    if (columns === undefined) {
      const set = columnIn(cells, "set")
      const images = columnIn(cells, "images")
      if (typeof set === "string") return set
      if (typeof images === "string") return images
      columns = { set, images }
      return undefined
    }
    const set = cells[columns.set] ?? ""
    const images = cells[columns.images] ?? ""
    if (counts.has(set)) return `a second line of the set ${quoted(set)}`
    if (!/^[1-9]\d*$/u.test(images)) return `${quoted(images)} is no number of images`
    counts.set(set, Number(images))
    return undefined
  })
  return counts
})

/**
 * Published accuracies as scores: a CSV file with a line a model, a column
 * `model` and one column a set, in percent. `images` says which columns are
 * sets, and over how many images each is; other columns are left out. An empty
 * cell is no score. Lines that start with `#` say where the figures come from.
 *
 * A set without a column, a model given twice and a cell that is no percentage
 * are errors that name the file and the line.
 *
 * @example
 * publishedScores({ file: "published.csv", images: { validation: 50_000, v2: 10_000 } })
 */
export const publishedScores = whole("publishedScores", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Scores,
  stamp: Effect.fnUntraced(function* ({ file, images }: Params) {
    const stamp = yield* stampFile(yield* located(file))
    return typeof images === "string" ? `${stamp} ${yield* stampFile(yield* located(images))}` : stamp
  }),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const file = yield* located(params.file)
    const images = yield* readImages(params.images)
    const rows: Array<{
      readonly model: string
      readonly set: string
      readonly value: number
      readonly images: number
    }> = []
    const models = new Set<string>()
    let modelAt = 0
    let sets: ReadonlyArray<{ readonly set: string; readonly at: number; readonly images: number }> | undefined
    const place = (header: ReadonlyArray<string>): string | undefined => {
      for (const name of [params.model, ...images.keys()]) {
        const at = columnIn(header, name)
        if (typeof at === "string") return at
      }
      modelAt = header.indexOf(params.model)
      sets = header.flatMap((set, at) => {
        const count = images.get(set)
        return count === undefined || at === modelAt ? [] : [{ set, at, images: count }]
      })
      return undefined
    }
    yield* readCsv(file, { comment: "#" }, (cells) => {
      if (sets === undefined) return place(cells.map((cell) => cell.trim()))
      const model = cells[modelAt]?.trim() ?? ""
      if (model === "") return "the model has no name"
      if (models.has(model)) return `a second line of the model ${quoted(model)}`
      models.add(model)
      for (const { set, at, images: count } of sets) {
        const text = cells[at]?.trim() ?? ""
        if (text === "") continue
        // Read as a decimal fraction: 75.1 / 100 is not the number nearest to 0.751.
        const value = decimal.test(text) ? Number(`${text}e-2`) : Number.NaN
        if (!(value <= 1)) return `${quoted(text)}, the score of ${quoted(model)} on ${quoted(set)}, is no percentage`
        rows.push({ model, set, value, images: count })
      }
      return undefined
    })
    if (rows.length === 0) return yield* new StageError({ message: "there are no scores in this file", file })
    return {
      model: rows.map(({ model }) => model),
      set: rows.map(({ set }) => set),
      metric: rows.map(() => params.metric),
      class: new Int32Array(rows.length).fill(-1),
      value: Float64Array.from(rows, ({ value }) => value),
      images: Int32Array.from(rows, (row) => row.images),
      skipped: new Int32Array(rows.length),
      unlabelled: new Int32Array(rows.length),
    }
  }),
  label: ({ file }) => shortName(file),
})
