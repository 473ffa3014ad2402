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
 * file with one name a line (a wnid may have other names behind it, with commas
 * between: `n01440764 tench, Tinca tinca`), or how many there are where labels
 * are numbers.
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
  /** Whether names consist of digits, so that a number in digits is a name. */
  readonly numbered: boolean
}

/** The largest index a label column holds. */
const largest = 2 ** 31 - 1

const digits = /^\d+$/u

/** Classes with these names, or why there are none: an empty or repeated name. */
export const named = (names: ReadonlyArray<string>): Classes | string => {
  const index = new Map<string, number>()
  for (const [i, name] of names.entries()) {
    if (name === "") return `class ${i} has no name`
    if (index.has(name)) return `the class name ${quoted(name)} is given twice`
    index.set(name, i)
  }
  return { count: names.length, names, index, numbered: names.some((name) => digits.test(name)) }
}

const quoted = (name: string) => JSON.stringify(name)

/** A few of many, for an error message. */
export const some = (names: Iterable<string>, most = 5): string => {
  const all = [...names]
  const shown = all.slice(0, most).map(quoted).join(", ")
  return all.length > most ? `${shown} and ${all.length - most} more` : shown
}

const wnid = /^n\d{8}(?:\s|$)/u

/** Classes of ImageNet: a wnid a line and, behind it, other names. A name that two classes have is none. */
const ofWnids = (lines: ReadonlyArray<string>): Classes | string => {
  const classes = named(lines.map((line) => line.slice(0, 9)))
  if (typeof classes === "string") return classes
  const others = new Map<string, number | undefined>()
  for (const [i, line] of lines.entries())
    for (const name of line.slice(9).split(","))
      if (name.trim() !== "") others.set(name.trim(), others.has(name.trim()) ? undefined : i)
  const index = new Map(classes.index)
  for (const [name, i] of others) if (i !== undefined && !index.has(name)) index.set(name, i)
  return { ...classes, index }
}

/** Reads the classes that params name. A wrong list or file is a `StageError`. */
export const readClasses = Effect.fnUntraced(function* (
  param: typeof ClassesParam.Type | undefined,
): Effect.fn.Return<Classes, StageError, FileSystem.FileSystem | Root | Path.Path> {
  if (param === undefined) return { count: undefined, names: undefined, index: new Map(), numbered: false }
  if (typeof param === "number") return { count: param, names: undefined, index: new Map(), numbered: false }
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
    .map((line) => line.trim())
  const classes = lines.every((line) => wnid.test(line)) ? ofWnids(lines) : named(lines)
  return typeof classes === "string" ? yield* new StageError({ message: classes, file }) : classes
})

/** The stamp of the file that lists the classes, empty where there is none. */
export const stampClasses = Effect.fnUntraced(function* (
  param: typeof ClassesParam.Type | undefined,
): Effect.fn.Return<string, StageError, Root | Path.Path> {
  return typeof param === "string" ? yield* stampFile(yield* located(param)) : ""
})

/**
 * The class that a label says: a number is an index, a text a name or, where no
 * name consists of digits, a number in digits. Returns what is wrong with it
 * where it is neither.
 */
export const classOf = (classes: Classes, label: number | string): number | string => {
  if (typeof label === "string" && classes.names !== undefined) {
    const index = classes.index.get(label)
    if (index !== undefined) return index
    if (!isNumber(classes, label)) return `unknown class ${quoted(label)}`
  }
  const index = typeof label === "number" ? label : digits.test(label) ? Number(label) : Number.NaN
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

const isNumber = (classes: Classes, label: string) => digits.test(label) && !classes.numbered

/** Labels that name no class, to be told of all at once. */
export interface Strangers {
  /** Whether a label names no class; it is then remembered, with the place where it stands. */
  readonly meets: (label: number | string, at: string) => boolean
  /** What is wrong, if anything. */
  readonly problem: () => string | undefined
}

/** Collects the labels that name none of these classes. */
export const strangersTo = (classes: Classes): Strangers => {
  const met = new Map<string, string>()
  return {
    meets: (label, at) => {
      if (typeof label === "number" || classes.names === undefined) return false
      if (classes.index.has(label) || isNumber(classes, label)) return false
      if (!met.has(label)) met.set(label, at)
      return true
    },
    problem: () => {
      const all = [...met].map(([name, at]) => `${quoted(name)} (${at})`)
      if (all.length === 0) return undefined
      const [[name, at] = ["", ""]] = met
      if (all.length === 1) return `${at}: unknown class ${quoted(name)}`
      const shown = all.slice(0, 20).join(", ")
      const more = all.length > 20 ? ` and ${all.length - 20} more` : ""
      return `${all.length} unknown classes: ${shown}${more}`
    },
  }
}
