/** Part of a store in one tar archive: a target and what it stands on, or the target's tables alone. */
import * as Effect from "effect/Effect"
import * as Tar from "effect/encoding/Tar"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { randomBytes } from "node:crypto"
import { createReadStream, existsSync } from "node:fs"
import { open, rename, rm } from "node:fs/promises"
import * as path from "node:path"
import { appendTo } from "../arrow/appendTo.ts"
import * as Hash from "../hash/Hash.ts"
import type { Action, ArtifactRef } from "./Action.ts"
import * as Actions from "./Actions.ts"
import { syncFolder } from "./folders.ts"
import type { Layout } from "./Layout.ts"
import type { RunRecord } from "./RunRecord.ts"
import * as Runs from "./Runs.ts"
import { fromCause, isAbsent, StoreError } from "./StoreError.ts"
import * as Version from "./Version.ts"

/** What a bundle says of itself, as its first file. */
export const Contents = Schema.Struct({
  format: Schema.Int,
  pipeline: Schema.String,
  /** Names of the nodes that were asked for. */
  targets: Schema.Array(Schema.String),
  /** Whether it holds the tables of these nodes alone. */
  tablesOnly: Schema.Boolean,
  /** All other files, in their order. */
  files: Schema.Array(Schema.Struct({ path: Schema.String, bytes: Schema.Finite })),
})
export type Contents = typeof Contents.Type

/** The name of the file that says what is in a bundle. */
export const contentsName = "rankshift-bundle.json"

/** What is to be bundled. */
export interface Selection {
  readonly pipeline: string
  readonly targets: ReadonlyArray<string>
  readonly tablesOnly: boolean
  readonly actions: ReadonlyArray<Action>
  /** As if a run had found all of these actions: by it the results are shown where the pipeline has not run yet. */
  readonly run: RunRecord
}

/** Paths within a bundle. They are those of a store, so that `tar x` in its folder restores it, too. */
export const paths = {
  artifact: (hash: string): string => `artifacts/${hash.slice(2, 4)}/${hash}.arrow`,
  action: (key: string): string => `actions/${key.slice(2, 4)}/${key}.json`,
  run: (started: string): string => `runs/${started.replaceAll(":", "-")}-bundle.json`,
}

/** How many bytes are read from a file at once. */
const piece = 1 << 20

const missing = (file: string) =>
  new StoreError({ kind: "io", message: `there is no file ${file}`, file, hint: "check the name of the file" })

/** The bytes of a file, piece by piece. */
export const bytesOf = (file: string): Stream.Stream<Uint8Array, StoreError> =>
  Stream.suspend(() =>
    Stream.fromAsyncIterable<Uint8Array, StoreError>(createReadStream(file, { highWaterMark: piece }), (cause) =>
      isAbsent(cause) ? missing(file) : fromCause(cause, "read", file),
    ),
  )

const damaged = (file: string, hash: string, what: string) =>
  new StoreError({
    kind: "damaged",
    message: `${file} ${what}`,
    file,
    hint: "pipeline verify --repair computes it again",
    hash,
  })

/** An artifact's bytes; fails where they are not what the name says, at their end at the latest. */
const checked = (file: string, { bytes, hash }: ArtifactRef): Stream.Stream<Uint8Array, StoreError> =>
  Stream.suspend(() => {
    const hasher = Hash.hasher()
    let seen = 0
    const wrong = damaged(file, hash, "is damaged: its content is not what its name says")
    const check = Effect.suspend(() => (hasher.digest() === hash ? Effect.void : wrong))
    return bytesOf(file).pipe(
      Stream.mapEffect((chunk) => {
        hasher.update(chunk)
        seen += chunk.byteLength
        return seen > bytes ? wrong : Effect.succeed(chunk)
      }),
      Stream.concat(Stream.drain(Stream.fromEffect(check))),
    )
  })

const elsewhere = (file: string) => (error: StoreError) =>
  new StoreError({ ...error, message: error.message, hint: "write the bundle to another place", file })

/** Writes a file in one step: it is there whole or not at all. */
const writeWhole = (file: string, chunks: Stream.Stream<Uint8Array, StoreError>): Effect.Effect<number, StoreError> => {
  const part = `${file}.${randomBytes(4).toString("hex")}.part`
  const attempt = <A>(run: () => Promise<A>) =>
    Effect.mapError(Effect.tryPromise({ try: run, catch: (cause) => fromCause(cause, "write", file) }), elsewhere(file))
  return Effect.acquireUseRelease(
    attempt(() => open(part, "wx", 0o644)),
    (handle) =>
      Effect.gen(function* () {
        let bytes = 0
        yield* Stream.runForEachArray(chunks, (some) => {
          for (const chunk of some) bytes += chunk.byteLength
          return attempt(() => appendTo(handle, some))
        })
        yield* attempt(async () => {
          await handle.sync()
          await rename(part, file)
          await syncFolder(path.dirname(file))
        })
        return bytes
      }),
    (handle) =>
      Effect.ignore(
        Effect.tryPromise(async () => {
          await handle.close()
          await rm(part, { force: true })
        }),
      ),
  )
}

/**
 * Writes a bundle: equal results give equal bytes. Every artifact is hashed on
 * the way, so that no bundle holds a damaged one. Gives the bundle's size in bytes.
 */
export const write = Effect.fn("Bundle.write")(function* (
  layout: Layout,
  { actions, run, ...said }: Selection,
  file: string,
): Effect.fn.Return<number, StoreError> {
  const inOrder = actions.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const refs = new Map(inOrder.flatMap(Actions.refsOf).map((ref) => [ref.hash, ref]))
  for (const { hash } of refs.values()) {
    const artifact = layout.artifact(hash)
    if (!existsSync(artifact)) return yield* damaged(artifact, hash, "is missing")
  }
  const entries = [
    ...[...refs.values()]
      .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
      .map((ref) => Tar.fileStream(paths.artifact(ref.hash), ref.bytes, checked(layout.artifact(ref.hash), ref))),
    // After what they speak of: a bundle that is cut short restores no action without its artifacts.
    ...inOrder.map((action) => Tar.file(paths.action(action.key), Actions.encode(action))),
    Tar.file(paths.run(run.started), Runs.encode(run)),
  ]
  const files = entries.map(({ header }) => ({ path: header.path, bytes: header.size }))
  const contents: Contents = { format: Version.format, ...said, files }
  const first = Tar.file(contentsName, `${JSON.stringify(contents)}\n`)
  const archive = Stream.fromIterable<Tar.Entry<StoreError>>([first, ...entries]).pipe(
    Stream.pipeThroughChannel(Tar.encode<never, unknown, Tar.Entry<StoreError>>()),
    Stream.mapError((error) => (error._tag === "StoreError" ? error : fromCause(error, "write", file))),
  )
  return yield* writeWhole(path.resolve(file), archive)
})
