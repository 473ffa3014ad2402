import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels } from "../tables.ts"
import {
  type Classes,
  ClassesParam,
  classOf,
  readClasses,
  stampClasses,
  type Strangers,
  strangersTo,
} from "./classNames.ts"
import * as LabelRows from "./labelRows.ts"
import { located, shortName, unreadable } from "./paths.ts"
import { stampFile } from "./stamp.ts"

const placeholder = /\{i(?:\+(\d+))?(?::0(\d+)d)?\}/u

const Params = Schema.Struct({
  file: Schema.NonEmptyString,
  /** Field of the ids in a list of objects. */
  id: Schema.optionalKey(Schema.NonEmptyString),
  /** Field of the labels in a list of objects. */
  label: Schema.optionalKey(Schema.NonEmptyString),
  /** The ids of a list that has none: `{i}` is the position from 0, `{i+1:08d}` that from 1 in eight digits. */
  ids: Schema.optionalKey(Schema.String.check(Schema.isPattern(placeholder))),
  /** One JSON value a line; drawn from the name (`.jsonl`, `.ndjson`) where nothing is said. */
  lines: Schema.optionalKey(Schema.Boolean),
  classes: Schema.optionalKey(ClassesParam),
})
type Params = typeof Params.Type

/** An entry of the file: where it stands, its id (unless it has none) and its labels as written. */
interface Entry {
  readonly at: string
  readonly id: string | undefined
  readonly value: unknown
}

const isValue = Schema.is(
  Schema.Union([Schema.Finite, Schema.String, Schema.Array(Schema.Union([Schema.Finite, Schema.String]))]),
)
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const parse = (text: string): { readonly value: unknown } | { readonly problem: string } => {
  try {
    return { value: JSON.parse(text) }
  } catch (cause) {
    return { problem: `not well-formed JSON: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
}

/** The entry that an item of a list is, or what is wrong with it. */
const entryOf = (item: unknown, at: string, params: Params): Entry | string => {
  if (!isRecord(item)) return { at, id: undefined, value: item }
  const { id: idField = "id" } = params
  const id = item[idField]
  if (typeof id !== "string") return `${at}: the field ${JSON.stringify(idField)} is not a text`
  const fields = params.label === undefined ? ["label", "labels"] : [params.label]
  const field = fields.find((name) => item[name] !== undefined)
  if (field === undefined) return `${at}: no field ${fields.map((name) => JSON.stringify(name)).join(" or ")}`
  return { at, id, value: item[field] }
}

function* entries(text: string, lines: boolean, params: Params): Generator<Entry | string> {
  if (lines) {
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue
      const at = `line ${index + 1}`
      const parsed = parse(line)
      yield "problem" in parsed ? `${at}: ${parsed.problem}` : entryOf(parsed.value, at, params)
    }
    return
  }
  const parsed = parse(text)
  if ("problem" in parsed) yield parsed.problem
  else if (Array.isArray(parsed.value)) {
    for (const [index, item] of parsed.value.entries()) yield entryOf(item, `item ${index}`, params)
  } else if (isRecord(parsed.value)) {
    for (const [id, value] of Object.entries(parsed.value)) yield { at: JSON.stringify(id), id, value }
  } else yield "neither a list nor an object"
}

const idAt = (template: string, index: number) =>
  template.replace(placeholder, (_, offset: string | undefined, digits: string | undefined) =>
    String(index + Number(offset ?? 0)).padStart(Number(digits ?? 0), "0"),
  )

const labelsOf = (
  value: unknown,
  at: string,
  classes: Classes,
  strangers: Strangers,
): ReadonlyArray<number> | string => {
  if (value === null) return []
  if (!isValue(value)) return "neither a label nor a list of labels"
  const labels: Array<number> = []
  for (const said of typeof value === "object" ? value : [value]) {
    if (strangers.meets(said, at)) continue
    const label = classOf(classes, said)
    if (typeof label === "string") return label
    labels.push(label)
  }
  return labels
}

/**
 * Labels from a JSON file, in one of these forms:
 * - an object: `{"a.png": 3, "b.png": [1, 2]}`;
 * - a list of objects: `[{"id": "a.png", "label": 3}, …]`;
 * - a list of labels whose ids `ids` says, as ReaL publishes them;
 * - JSON Lines: one such item a line.
 *
 * A label is a class number from 0 or, where `classes` says which there are, a
 * name; `[]` and `null` are an image without a label. The table is sorted by
 * id. An id given twice, unknown classes (all of them at once), a number out of
 * range and a malformed item are errors that name the file and the item.
 *
 * @example
 * labelsJson({ file: "real.json", ids: "ILSVRC2012_val_{i+1:08d}", classes: 1000 })
 */
export const labelsJson = whole("labelsJson", {
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
    const fs = yield* FileSystem.FileSystem
    const read = Effect.mapError(fs.readFileString(file), (error) => unreadable(file, error.reason.cause ?? error))
    const text = (yield* read).replace(/^\uFEFF/u, "")
    const rows = LabelRows.make()
    const strangers = strangersTo(classes)
    const add = (entry: Entry | string, index: number): string | undefined => {
      if (typeof entry === "string") return entry
      if (entry.id === undefined && params.ids === undefined)
        return `${entry.at}: it has no id, and \`ids\` is not given`
      if (entry.id !== undefined && params.ids !== undefined)
        return `${entry.at}: it has an id, but \`ids\` is given too`
      const labels = labelsOf(entry.value, entry.at, classes, strangers)
      const problem = typeof labels === "string" ? labels : rows.add(entry.id ?? idAt(params.ids ?? "", index), labels)
      return problem === undefined ? undefined : `${entry.at}: ${problem}`
    }
    let index = 0
    for (const entry of entries(text, params.lines ?? /\.(jsonl|ndjson)$/iu.test(file), params)) {
      const problem = add(entry, index++)
      if (problem !== undefined) return yield* new StageError({ message: problem, file })
    }
    const unknown = strangers.problem()
    if (unknown !== undefined) return yield* new StageError({ message: unknown, file })
    if (rows.size() === 0) return yield* new StageError({ message: "there are no labels in this file", file })
    return rows.sorted()
  }),
  label: ({ file }) => shortName(file),
})
