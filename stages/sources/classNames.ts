import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import type { Root } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { located, unreadable } from "./paths.ts"
import { stampFile } from "./stamp.ts"

/**
 * Which classes there are, in params: their names in order of index, a text
 * file with one name a line, or how many there are where labels are numbers.
 */
export const ClassesParam = /* @__PURE__ */ Schema.Union([
  Schema.Array(Schema.String),
  Schema.String,
  Schema.Int.check(Schema.isGreaterThan(0)),
])

/** Classes of which the names are known, or only how many there are, or neither. */
export interface Classes {
  readonly count: number | undefined
  readonly names: ReadonlyArray<string> | undefined
  /** Index by name, empty where names are not known. */
  readonly index: ReadonlyMap<string, number>
}

/** The largest index a label column holds. */
const largest = 2 ** 31 - 1

/** Classes with these names, or why there are none: an empty or repeated name. */
export const named = (names: ReadonlyArray<string>): Classes | string => {
  const index = new Map<string, number>()
  for (const [i, name] of names.entries()) {
    if (name === "") return `class ${i} has no name`
    if (index.has(name)) return `the class name ${quoted(name)} is given twice`
    index.set(name, i)
  }
  return { count: names.length, names, index }
}

const quoted = (name: string) => JSON.stringify(name)

/** A few of many, for an error message. */
export const some = (names: Iterable<string>, most = 5): string => {
  const all = [...names]
  const shown = all.slice(0, most).map(quoted).join(", ")
  return all.length > most ? `${shown} and ${all.length - most} more` : shown
}

/** Reads the classes that params name. A wrong list or file is a `StageError`. */
export const readClasses = Effect.fnUntraced(function* (
  param: typeof ClassesParam.Type | undefined,
): Effect.fn.Return<Classes, StageError, FileSystem.FileSystem | Root | Path.Path> {
  if (param === undefined) return { count: undefined, names: undefined, index: new Map() }
  if (typeof param === "number") return { count: param, names: undefined, index: new Map() }
  if (typeof param !== "string") {
    const classes = named(param)
    return typeof classes === "string" ? yield* new StageError({ message: `in classes, ${classes}` }) : classes
  }
  const file = yield* located(param)
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), (error) => unreadable(file, error.reason.cause ?? error))
  const lines = text
    .replace(/^\uFEFF/u, "")
    .trimEnd()
    .split(/\r?\n/u)
  const classes = named(lines.map((line) => line.trim()))
  return typeof classes === "string" ? yield* new StageError({ message: classes, file }) : classes
})

/** The stamp of the file that lists the classes, empty where there is none. */
export const stampClasses = Effect.fnUntraced(function* (
  param: typeof ClassesParam.Type | undefined,
): Effect.fn.Return<string, StageError, Root | Path.Path> {
  return typeof param === "string" ? yield* stampFile(yield* located(param)) : ""
})

/**
 * The class that a label says: a number is an index, a text a name or, where
 * names are not known, a number in digits. Returns what is wrong with it where
 * it is neither.
 */
export const classOf = (classes: Classes, label: number | string): number | string => {
  if (typeof label === "string" && classes.names !== undefined) {
    const index = classes.index.get(label)
    return index ?? `unknown class ${quoted(label)}`
  }
  const index = typeof label === "number" ? label : /^\d+$/u.test(label) ? Number(label) : Number.NaN
  if (!Number.isInteger(index)) {
    const why =
      classes.names === undefined ? "is no class number; give `classes` where labels are names" : "is no class"
    return `${quoted(String(label))} ${why}`
  }
  if (index < 0 || index >= (classes.count ?? largest + 1)) {
    const range = classes.count === undefined ? `0 to ${largest}` : `0 to ${classes.count - 1}`
    return `class ${index} is out of range (${range})`
  }
  return index
}
