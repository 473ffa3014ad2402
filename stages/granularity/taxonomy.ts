import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { readCsv } from "../sources/csv.ts"
import { located, shortName, unreadable } from "../sources/paths.ts"
import { stampFile } from "../sources/stamp.ts"
import { Taxonomy } from "./tables.ts"
import * as Tree from "./Tree.ts"

const Params = Schema.Struct({
  /** A CSV file of `child,parent`, or a JSON tree. */
  file: Schema.NonEmptyString,
})
type Params = typeof Params.Type

/** A branch of a JSON tree: a name alone is a leaf. */
type Branch = string | { readonly name: string; readonly children?: ReadonlyArray<Branch> }
const Branch: Schema.Codec<Branch> = /* @__PURE__ */ Schema.Union([
  Schema.NonEmptyString,
  Schema.Struct({
    name: Schema.NonEmptyString,
    children: Schema.optionalKey(Schema.Array(Schema.suspend((): Schema.Codec<Branch> => Branch))),
  }),
])

interface Rows {
  readonly name: Array<string>
  readonly parent: Array<string>
}

const fill = (rows: Rows, branch: Branch, parent: string): void => {
  const { children = [], name } = typeof branch === "string" ? { name: branch } : branch
  rows.name.push(name)
  rows.parent.push(parent)
  for (const child of children) fill(rows, child, name)
}

const readJson = Effect.fnUntraced(function* (file: string, rows: Rows) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), (error) => unreadable(file, error.reason.cause ?? error))
  const root = yield* Schema.decodeUnknownEffect(Schema.fromJsonString(Branch))(text.replace(/^\uFEFF/u, "")).pipe(
    Effect.mapError(
      (error) =>
        new StageError({
          message: `no tree of \`{"name": …, "children": […]}\`: ${error.message}`,
          hint: "a leaf is a name alone, or an object without children",
          file,
        }),
    ),
  )
  fill(rows, root, "")
})

/**
 * A taxonomy from a file. Either CSV with a header and two columns, the name and
 * the one above it (empty, or a name without a row, at the top), or JSON: a tree
 * of `{"name": "animal", "children": ["cat", …]}`. Names of leaves are those of
 * classes. A name with two parents and a circle are errors that name the file.
 *
 * @example
 * const tree = taxonomy({ file: "inat21.csv" })
 */
export const taxonomy = whole("taxonomy", {
  module: import.meta,
  params: Params,
  inputs: {},
  output: Taxonomy,
  stamp: Effect.fnUntraced(function* ({ file }: Params) {
    return yield* stampFile(yield* located(file))
  }),
  run: Effect.fnUntraced(function* (_, params: Params) {
    const file = yield* located(params.file)
    const rows: Rows = { name: [], parent: [] }
    if (/\.json$/iu.test(file)) yield* readJson(file, rows)
    else {
      let header = true
      yield* readCsv(file, {}, (cells) => {
        if (cells.length !== 2) return `${cells.length} cells where \`child,parent\` are two`
        const [name = "", parent = ""] = cells.map((cell) => cell.trim())
        if (!header && name === "") return "the name is empty"
        if (!header) {
          rows.name.push(name)
          rows.parent.push(parent)
        }
        header = false
        return undefined
      })
    }
    if (rows.name.length === 0) return yield* new StageError({ message: "there are no names in this file", file })
    const tree = Tree.make(rows)
    if (typeof tree === "string") return yield* new StageError({ message: tree, file })
    return rows
  }),
  label: ({ file }) => shortName(file),
})
