import { stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type Memo, Progress } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import * as HashMemory from "./hashMemory.ts"
import { batchOf, type Listed } from "./manifestRows.ts"
import { settled, stampOf } from "./settled.ts"
import { located, unreadable } from "./paths.ts"

/** An image within a file that holds many. */
export interface Member {
  readonly id: string
  readonly hash: string
  readonly bytes: number
  /** Where in the file its bytes begin. */
  readonly offset: number
}

/** Says how many bytes of a file are done. */
export type Report = (bytes: number) => Effect.Effect<void>

/** Finds the images of one file and hashes them, in one pass over the file. */
export type Scan = (file: string, report: Report) => Effect.Effect<ReadonlyArray<Member>, StageError>

/** One file or several. */
export const FilesParam = /* @__PURE__ */ Schema.Union([
  Schema.NonEmptyString,
  /* @__PURE__ */ Schema.NonEmptyArray(Schema.NonEmptyString),
])
type FilesParam = typeof FilesParam.Type

/** How many rows a batch of a manifest has. */
const batchRows = 4096

const look = (file: string) =>
  Effect.tryPromise({ try: () => stat(file, { bigint: true }), catch: (cause) => unreadable(file, cause) })

/** Where the files lie, and what tells that they are still the same. */
export const stampFiles = Effect.fnUntraced(function* (files: FilesParam) {
  const paths = yield* Effect.forEach([files].flat(), located)
  const stamps = yield* Effect.forEach(paths, (path) => Effect.map(look(path), (stats) => `${path} ${stampOf(stats)}`))
  return stamps.join("\n")
})

// The first record of a memory is the file itself.
const remembered = (memory: HashMemory.HashMemory, stamp: string): ReadonlyArray<Member> | undefined => {
  if (memory.find("", stamp) === undefined) return undefined
  const members: Array<Member> = []
  for (let known = memory.next(); known !== undefined; known = memory.next()) {
    const [offset, bytes] = known.stamp.split("-").map(Number)
    members.push({ id: known.id, hash: known.hash, offset: offset ?? 0, bytes: bytes ?? 0 })
  }
  // Hashes by an older recipe are as good as none.
  return members.every(({ hash }) => Hash.isHash(hash)) ? members : undefined
}

const membersOf = Effect.fnUntraced(function* (
  kind: string,
  file: string,
  scan: Scan,
  report: Report,
): Effect.fn.Return<ReadonlyArray<Member>, StageError, Memo> {
  const found = yield* look(file)
  const name = `${kind} ${found.ino}`
  const known = remembered(yield* HashMemory.load(name), stampOf(found))
  if (known !== undefined) return known
  const { value: members, stats } = yield* settled(file, () => scan(file, report))
  const recorder = yield* HashMemory.recorder(name)
  recorder.add([{ id: "", stamp: stampOf(stats), hash: "-" }])
  recorder.add(members.map(({ id, hash, offset, bytes }) => ({ id, hash, stamp: `${offset}-${bytes}` })))
  yield* recorder.save(new Uint8Array())
  return members
})

const byId = (a: Listed, b: Listed) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/**
 * The manifest of the images in some files that hold many, sorted by id. Each
 * file is read once and again only when its stamp has changed; `kind` keeps
 * apart what is remembered of files of different formats. An id that comes
 * twice, and files without images are errors.
 */
export const manifestOf = Effect.fnUntraced(function* (kind: string, files: FilesParam, scan: Scan) {
  const progress = yield* Progress
  const paths = yield* Effect.forEach([files].flat(), located)
  const sizes = yield* Effect.forEach(paths, (path) => Effect.map(look(path), ({ size }) => Number(size)))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const rows: Array<Listed> = []
  let before = 0
  for (const [i, path] of paths.entries()) {
    const megabytes = (bytes: number) => Math.round((before + bytes) / 1e6)
    const report: Report = (bytes) => progress.report(megabytes(bytes), Math.round(total / 1e6), "MB")
    for (const member of yield* membersOf(kind, path, scan, report)) rows.push({ ...member, path })
    before += sizes[i] ?? 0
  }
  if (rows.length === 0) {
    return yield* new StageError({ message: "there are no images in this file", file: paths.join(", ") })
  }
  rows.sort(byId)
  for (const [i, row] of rows.entries()) {
    const former = rows[i - 1]
    if (former?.id === row.id) {
      const where = former.path === row.path ? "" : `, and in ${former.path}`
      return yield* new StageError({
        message: `the id ${JSON.stringify(row.id)} comes twice${where}`,
        hint: "each image needs an id of its own",
        file: row.path,
      })
    }
  }
  const starts = Array.from({ length: Math.ceil(rows.length / batchRows) }, (_, i) => i * batchRows)
  return Stream.map(Stream.fromIterable(starts), (start) => batchOf(rows.slice(start, start + batchRows)))
})
