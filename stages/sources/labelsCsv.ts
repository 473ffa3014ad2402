import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import { ClassesParam, classOf, readClasses, stampClasses, strangersTo } from "./classNames.ts"
import { columnIn, readCsv } from "./csv.ts"
import * as LabelRows from "./labelRows.ts"
import { located, pathIn, shortName } from "./paths.ts"
import { stampFile } from "./stamp.ts"

const Column = Schema.Union([Schema.String, Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))])

const Params = Schema.Struct({
  file: Schema.NonEmptyString,
  /** Column of the ids: its name, or its position from 0. */
  id: Schema.optionalKey(Column),
  /** Column of the labels: its name, or its position from 0. */
  label: Schema.optionalKey(Column),
  /** Between cells; a comma where nothing is said. */
  separator: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed(","))),
  /** Whether the first line has names. */
  header: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  /** Between several labels in one cell; one label a cell where nothing is said. */
  several: Schema.optionalKey(Schema.NonEmptyString),
  /** Says that ids are paths, and from which folder on they count; `""` where they stand as they are. */
  folder: Schema.optionalKey(Schema.String),
  classes: Schema.optionalKey(ClassesParam),
})
type Params = typeof Params.Type

/**
 * Labels from a CSV file, a line an image: `id,label`. Labels are class numbers
 * from 0, or names where `classes` says which there are: a list, a text file
 * with a name a line, or a count, which limits the numbers. An empty cell is an
 * image without a label; `several: " "` splits a cell into several. With
 * `header: false` columns are told by position, 0 and 1 unless said otherwise.
 * The table is sorted by id. With `folder` ids are paths as those of
 * `imageFolder`: `/a/1.jpg` and `./a/1.jpg` are `a/1.jpg`, from `folder: "a"` on
 * `1.jpg`, and a path that leaves the folder is an error.
 *
 * An id given twice, unknown classes (all of them at once), a number out of range
 * and a malformed line are errors that name the file and the line.
 *
 * @example
 * labelsCsv({ file: "val.txt", header: false, separator: " ", classes: 365 })
 */
export const labelsCsv = whole("labelsCsv", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Labels,
  stamp: Effect.fnUntraced(function* ({ file, classes }: Params) {
    return `${yield* stampFile(yield* located(file))} ${yield* stampClasses(classes)}`
  }),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const file = yield* located(params.file)
    const classes = yield* readClasses(params.classes)
    const rows = LabelRows.make()
    const { folder, separator, several, header } = params
    const columns = { id: params.id ?? (header ? "id" : 0), label: params.label ?? (header ? "label" : 1) }
    let positions: { readonly id: number; readonly label: number } | undefined
    const place = (cells: ReadonlyArray<string>): string | undefined => {
      const names = header ? cells.map((cell) => cell.trim()) : cells.map((_, index) => String(index))
      const id = columnIn(names, columns.id)
      const label = columnIn(names, columns.label)
      if (typeof id === "string") return id
      if (typeof label === "string") return label
      positions = { id, label }
      return undefined
    }
    const strangers = strangersTo(classes)
    yield* readCsv(file, { separator }, (cells, line) => {
      if (positions === undefined) {
        const problem = place(cells)
        if (problem !== undefined || header) return problem
      }
      const cell = cells[positions?.label ?? 0]?.trim() ?? ""
      const labels: Array<number> = []
      for (const part of several === undefined ? [cell] : cell.split(several)) {
        const text = part.trim()
        if (text === "" || strangers.meets(text, `line ${line}`)) continue
        const label = classOf(classes, text)
        if (typeof label === "string") return label
        labels.push(label)
      }
      const said = cells[positions?.id ?? 0] ?? ""
      const id = folder === undefined ? { id: said } : pathIn(said, folder)
      return typeof id === "string" ? id : rows.add(id.id, labels)
    })
    const problem = strangers.problem()
    if (problem !== undefined) return yield* new StageError({ message: problem, file })
    if (rows.size() === 0) return yield* new StageError({ message: "there are no labels in this file", file })
    return rows.sorted()
  }),
  label: ({ file }) => shortName(file),
})
