import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { PipelineError } from "../dsl/Pipeline.ts"

/** A value of a table; what is not finite is written as a word. */
const Cell = Schema.Union([Schema.Finite, Schema.String, Schema.Array(Schema.Union([Schema.Finite, Schema.String]))])

/** A table in full. */
export const Figures = Schema.Struct({
  columns: Schema.Array(Schema.String),
  rows: Schema.Array(Schema.Array(Cell)),
})
export type Figures = typeof Figures.Type

/** What a target was: under which key, with which content, and its figures where it is a small table. */
const Target = Schema.Struct({
  node: Schema.String,
  table: Schema.String,
  rows: Schema.Int,
  /** Content hash, over all shards. */
  content: Schema.String,
  figures: Schema.optionalKey(Figures),
})

/** A benchmark's results as they were locked: a file to commit, by which others can check theirs. */
export const LockFile = Schema.Struct({
  version: Schema.Literal(1),
  pipeline: Schema.String,
  versions: Schema.Record(Schema.String, Schema.String),
  host: Schema.Record(Schema.String, Schema.String),
  targets: Schema.Record(Schema.String, Target),
  /** The key of every node, over all shards. */
  keys: Schema.Record(Schema.String, Schema.String),
})
export type LockFile = typeof LockFile.Type

const isFlat = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item !== "object" || isFlat(item))

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1)

/** JSON with a line for each row of a table and for each member, names sorted: what changed is what a diff shows. */
const lines = (value: unknown, indent: string): string => {
  const deeper = `${indent}  `
  if (Array.isArray(value) && !isFlat(value)) {
    return value.length === 0 ? "[]" : `[\n${value.map((item) => deeper + lines(item, deeper)).join(",\n")}\n${indent}]`
  }
  if (Array.isArray(value) && value.some(Array.isArray)) {
    return `[\n${value.map((item) => deeper + JSON.stringify(item)).join(",\n")}\n${indent}]`
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value)
  const members = Object.entries(value).sort(byName)
  if (members.length === 0) return "{}"
  return `{\n${members.map(([name, member]) => `${deeper}${JSON.stringify(name)}: ${lines(member, deeper)}`).join(",\n")}\n${indent}}`
}

const encodeSync = Schema.encodeSync(LockFile)
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(LockFile))
const Versioned = Schema.fromJsonString(Schema.Struct({ version: Schema.Int }))
const decodeVersion = Schema.decodeUnknownResult(Versioned)

/** The text of the file: equal locks give equal texts. */
export const encode = (lock: LockFile): string => `${lines(encodeSync(lock), "")}\n`

/** Reads the text of a lock file. */
export const parse = (text: string, file: string): Effect.Effect<LockFile, PipelineError> =>
  Effect.suspend(() => {
    const found = decode(text)
    if (Result.isSuccess(found)) return Effect.succeed(found.success)
    const version = decodeVersion(text)
    return Effect.fail(
      Result.isSuccess(version) && version.success.version > 1
        ? new PipelineError({
            message: `${file} is of version ${version.success.version}, and this program knows version 1`,
            hint: "update rankshift, or write the file anew: pipeline lock",
          })
        : new PipelineError({
            message: `${file} is no lock file, or is damaged`,
            hint: "take it from version control again, or write it anew: pipeline lock",
          }),
    )
  })
