import { type BigIntStats, statSync } from "node:fs"
import { readFile, stat } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { Progress } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { ExtensionsParam, extensionsHint, hasExtension } from "./extensions.ts"
import * as HashMemory from "./hashMemory.ts"
import { batchOf } from "./manifestRows.ts"
import { settled, stampOf } from "./settled.ts"
import { located, unreadable, vanished } from "./paths.ts"
import { type Found, walk } from "./walk.ts"

/** A folder of images, and which of its files are meant. */
export const FolderParams = /* @__PURE__ */ Schema.Struct({
  /** The folder. */
  dir: Schema.NonEmptyString,
  /** Which files are images, by the end of their names. */
  extensions: ExtensionsParam,
  /** Whether links may leave the folder. */
  follow: /* @__PURE__ */ Schema.Boolean.pipe(
    /* @__PURE__ */ Schema.withDecodingDefaultKey(/* @__PURE__ */ Effect.succeed(false)),
  ),
})
export type FolderParams = typeof FolderParams.Type

/** How many files are looked at together, which is what is in memory of a listing. */
const together = 256

/** How many are read at once. */
const readers = 16

/** Files up to this size are read whole, larger ones in pieces. */
const small = 8 * 2 ** 20

interface Seen extends Found {
  readonly stats: BigIntStats
}

const look = ({ id, path }: Found): Effect.Effect<Seen, StageError> =>
  Effect.tryPromise({
    try: async () => ({ id, path, stats: await stat(path, { bigint: true }) }),
    catch: (cause) => vanished(path, cause),
  })

const take = (files: Generator<Found>, count: number): ReadonlyArray<Found> => {
  const taken: Array<Found> = []
  while (taken.length < count) {
    const { done, value } = files.next()
    if (done === true) break
    taken.push(value)
  }
  return taken
}

const asStageError = (dir: string) => (cause: unknown) => (cause instanceof StageError ? cause : unreadable(dir, cause))

/** The images below a folder in order of id, some at a time. */
const listed = (dir: string, params: FolderParams): Stream.Stream<ReadonlyArray<Found>, StageError> =>
  Stream.suspend(() => {
    const files = walk(dir, { isImage: hasExtension(params.extensions), follow: params.follow })
    return Stream.unfold(undefined, () =>
      Effect.try({
        try: () => {
          const some = take(files, together)
          return some.length === 0 ? undefined : ([some, undefined] as const)
        },
        catch: asStageError(dir),
      }),
    )
  })

const lookNow = ({ id, path }: Found): Seen => {
  try {
    return { id, path, stats: statSync(path, { bigint: true }) }
  } catch (cause) {
    throw vanished(path, cause)
  }
}

/** A file that takes longer than this to be looked at, in ms, lies on a slow disk or on a server. */
const slow = 0.1

/** How many times the pool is taken then before the other way is tried again: it may have been a busy moment. */
const patience = 32

// Looked at one after another, a file takes 4 µs, a third of what it takes through
// a pool of threads. Where it waits for a disk or a server the pool is faster.
const seen = (dir: string, params: FolderParams): Stream.Stream<ReadonlyArray<Seen>, StageError> =>
  Stream.suspend(() => {
    let pooled = 0
    return Stream.mapEffect(listed(dir, params), (files) =>
      pooled-- > 0
        ? Effect.forEach(files, look, { concurrency: together })
        : Effect.try({
            try: () => {
              const started = performance.now()
              const all = files.map(lookNow)
              if (performance.now() - started > files.length * slow) pooled = patience
              return all
            },
            catch: asStageError(dir),
          }),
    )
  })

/** The folder itself, looked at first so that what is wrong with it is said of it. */
const folder = Effect.fnUntraced(function* ({ dir }: FolderParams) {
  const path = yield* located(dir)
  const stats = yield* Effect.tryPromise({
    try: () => stat(path, { bigint: true }),
    catch: (cause) => {
      const error = unreadable(path, cause)
      return error.message === "no such file" ? new StageError({ ...error, message: "no such folder" }) : error
    },
  })
  if (!stats.isDirectory()) return yield* new StageError({ message: "this is no folder", file: path })
  return { path, stats }
})

const none = (dir: string, { extensions }: FolderParams) =>
  new StageError({
    message: "there are no images in this folder",
    hint: extensionsHint(extensions),
    file: dir,
  })

const hashed = (path: string) =>
  Effect.map(
    settled(path, ({ size }) =>
      size <= small
        ? Effect.tryPromise({
            try: async () => Hash.ofBytes(await readFile(path)),
            catch: (cause) => unreadable(path, cause),
          })
        : Effect.mapBoth(Hash.ofFile(path), {
            onSuccess: ({ hash }) => hash,
            onFailure: (cause) => unreadable(path, cause),
          }),
    ),
    ({ value, stats }) => ({ hash: value, stamp: stampOf(stats), bytes: Number(stats.size) }),
  )

/** Tells whether the images below a folder are still the same, without reading them. */
export const stampFolder = Effect.fnUntraced(function* (params: FolderParams) {
  const { path } = yield* folder(params)
  const hash = Hash.hasher()
  let count = 0
  yield* Stream.runForEach(seen(path, params), (some) =>
    Effect.sync(() => {
      for (const { id, stats } of some) hash.update(`${id}\0${stampOf(stats)}\0`)
      count += some.length
    }),
  )
  if (count === 0) return yield* none(path, params)
  // Where the folder lies is part of it: a manifest tells where files are.
  return `${path} ${hash.digest()}`
})

/** The manifest of the images below a folder, in order of id; see `files`. */
export const manifestOfFolder = Effect.fnUntraced(function* (params: FolderParams) {
  const { path, stats } = yield* folder(params)
  const total = yield* Stream.runFold(
    listed(path, params),
    () => 0,
    (sum, some) => sum + some.length,
  )
  if (total === 0) return yield* none(path, params)

  const progress = yield* Progress
  // By inode, so that a folder that is moved or renamed keeps its hashes.
  const name = `files ${stats.ino} ${params.extensions.join()} ${params.follow}`
  const memory = yield* HashMemory.load(name)
  const recorder = yield* HashMemory.recorder(name)
  let done = 0
  let read = 0

  const hash = ({ id, path, stats }: Seen, known: string | undefined) => {
    // A hash by an older recipe is as good as none.
    if (known !== undefined && Hash.isHash(known)) {
      return Effect.succeed({ id, path, hash: known, stamp: stampOf(stats), bytes: Number(stats.size), offset: -1 })
    }
    read++
    return Effect.map(hashed(path), (fresh) => ({ id, path, ...fresh, offset: -1 }))
  }
  const rows = Effect.fnUntraced(function* (some: ReadonlyArray<Seen>) {
    const known = some.map(({ id, stats }) => memory.find(id, stampOf(stats)))
    const rows = yield* Effect.forEach(some, (file, i) => hash(file, known[i]), { concurrency: readers })
    recorder.add(rows)
    done += rows.length
    yield* progress.report(done, total, "files")
    return batchOf(rows)
  })
  return seen(path, params).pipe(
    Stream.mapEffect(rows),
    // What was hashed is kept also where the run ends early.
    Stream.ensuring(Effect.suspend(() => (read === 0 ? Effect.void : recorder.save(memory.rest())))),
  )
})
