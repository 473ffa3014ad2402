import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Tar from "effect/encoding/Tar"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { existsSync } from "node:fs"
import * as path from "node:path"
import * as Hash from "../hash/Hash.ts"
import type { Action, ArtifactRef } from "./Action.ts"
import * as Actions from "./Actions.ts"
import { bytesOf, Contents, contentsName, paths } from "./Bundle.ts"
import * as Layout from "./Layout.ts"
import * as Live from "./Live.ts"
import * as Runs from "./Runs.ts"
import * as seal from "./seal.ts"
import { StoreError } from "./StoreError.ts"
import * as Temp from "./Temp.ts"
import * as Version from "./Version.ts"

/** What a bundle brought. */
export interface Restored {
  readonly contents: Contents
  /** Artifacts and actions that were not there before. */
  readonly artifacts: number
  readonly actions: number
  readonly bytes: number
}

/** So many files are made durable at once, while the next one is read. */
const atOnce = 8

/** No action, record or list of contents is larger, in bytes; who says so lies. */
const mostSmall = 256 * 2 ** 20

type Member =
  | { readonly is: "contents" }
  | { readonly is: "artifact"; readonly hash: string }
  | { readonly is: "action"; readonly key: string }
  | { readonly is: "run"; readonly file: string }

// Whatever is not named exactly as a bundle's files are has no place in a store: a path can lead nowhere else.
const memberOf = ({ path: name, type }: Tar.Header): Member | undefined => {
  if (type !== "File") return undefined
  if (name === contentsName) return { is: "contents" }
  const base = path.posix.basename(name)
  const hash = base.replace(/\.(arrow|json)$/, "")
  if (Hash.isHash(hash) && name === paths.artifact(hash)) return { is: "artifact", hash }
  if (Hash.isHash(hash) && name === paths.action(hash)) return { is: "action", key: hash }
  return /^runs\/\d{4}-\d{2}-\d{2}T[\dZ.-]+-bundle\.json$/.test(name) ? { is: "run", file: base } : undefined
}

type Entry = Tar.Entry<StoreError | Tar.TarError>

const refusal = (file: string) => ({
  refuse: (message: string, hint = "make the bundle again, or copy it again; nothing it says was believed") =>
    new StoreError({ kind: "damaged", message: `${file}: ${message}`, file, hint }),
  lie: (name: string, reason: string) =>
    new StoreError({
      kind: "damaged",
      message: `${file}: ${name} is damaged: ${reason}`,
      file,
      hint: "make the bundle again, or copy it again; nothing it says was believed",
    }),
})

const decodeContents = Schema.decodeUnknownOption(Schema.fromJsonString(Contents))

/** What has been read of a bundle so far. */
interface Reading {
  contents: Contents | undefined
  /** Sizes by path, in bytes. */
  readonly seen: Map<string, number>
  readonly actions: Map<string, Action>
  /** Records of runs by the name of their file. */
  readonly runs: Map<string, Buffer>
  /** Artifacts that were not there before. */
  artifacts: number
}

/** Reads a bundle to its end; its artifacts are in the store then. */
const read = Effect.fnUntraced(function* (
  layout: Layout.Layout,
  file: string,
): Effect.fn.Return<Reading & { readonly contents: Contents }, StoreError, Scope.Scope> {
  const { lie, refuse } = refusal(file)
  const reading: Reading = { contents: undefined, seen: new Map(), actions: new Map(), runs: new Map(), artifacts: 0 }

  const fibers = yield* FiberSet.make<void, StoreError | Tar.TarError>()
  const broken = yield* Deferred.make<void, StoreError | Tar.TarError>()
  const room = yield* Semaphore.make(atOnce)
  const artifact = Effect.fnUntraced(function* (hash: string, { body, header }: Entry) {
    const read = yield* Deferred.make<void, StoreError | Tar.TarError>()
    const write = Effect.gen(function* () {
      const temp = yield* Temp.make(layout)
      const hasher = Hash.hasher()
      yield* Stream.runForEach(body, (chunk) => temp.write([chunk], () => hasher.update(chunk)))
      if (hasher.digest() !== hash) return yield* lie(header.path, "its content is not what its name says")
      yield* Deferred.succeed(read, undefined)
      const target = layout.artifact(hash)
      if (!existsSync(target)) reading.artifacts++
      yield* temp.publish(target, "sealed")
    }).pipe(
      Effect.scoped,
      Effect.onError((cause) => Effect.andThen(Deferred.failCause(read, cause), Deferred.failCause(broken, cause))),
    )
    yield* FiberSet.run(fibers, room.withPermits(1)(write))
    yield* Deferred.await(read)
  })

  const small = Effect.fnUntraced(function* (member: Exclude<Member, { is: "artifact" }>, { body, header }: Entry) {
    if (header.size > mostSmall) return yield* lie(header.path, "it is too large")
    const bytes = Buffer.concat(yield* Stream.runCollect(body))
    switch (member.is) {
      case "contents": {
        const said = Option.getOrUndefined(decodeContents(bytes.toString("utf8")))
        if (said === undefined) return yield* lie(header.path, "it does not say what is in the bundle")
        if (said.format !== Version.format) {
          const what = `it is of format ${said.format}, and this version reads format ${Version.format}`
          return yield* refuse(what, "use the version of this program that made the bundle")
        }
        reading.contents = said
        return
      }
      case "action": {
        const decoded = Actions.decode(member.key, bytes)
        if (Result.isFailure(decoded)) return yield* lie(header.path, decoded.failure)
        reading.actions.set(member.key, decoded.success)
        return
      }
      case "run": {
        const decoded = Runs.decode(bytes)
        if (Result.isFailure(decoded)) return yield* lie(header.path, decoded.failure)
        reading.runs.set(member.file, bytes)
      }
    }
  })

  const take = Effect.fnUntraced(function* (entry: Entry) {
    const { path: name, size } = entry.header
    const member = memberOf(entry.header)
    if (member === undefined) {
      return yield* refuse(`${JSON.stringify(name)} has no place in a bundle`, "restore what `pipeline bundle` made")
    }
    if ((reading.contents === undefined) !== (member.is === "contents")) {
      return yield* refuse(`it does not begin with one ${contentsName}`, "restore what `pipeline bundle` made")
    }
    reading.seen.set(name, size)
    return yield* member.is === "artifact" ? artifact(member.hash, entry) : small(member, entry)
  })

  yield* bytesOf(file).pipe(
    Stream.pipeThroughChannel(Tar.decode<StoreError, unknown>()),
    Stream.runForEach(take),
    Effect.andThen(FiberSet.awaitEmpty(fibers)),
    Effect.andThen(Deferred.isDone(broken)),
    Effect.andThen((failed) => (failed ? Deferred.await(broken) : Effect.void)),
    Effect.catchTag("TarError", (error) =>
      refuse(error.kind === "Truncated" ? "it ends early" : `it is no tar archive (${error.message})`),
    ),
  )
  const { contents, seen } = reading
  if (contents === undefined) return yield* refuse("it is empty")
  const absent = contents.files.filter(({ bytes, path }) => seen.get(path) !== bytes).length
  if (absent > 0) return yield* refuse(`it ends early: ${absent} of ${contents.files.length} files are missing`)
  return { ...reading, contents }
})

/**
 * Restores a bundle into a store. An artifact becomes visible once its bytes
 * have been found to be what its name says, an action once the whole bundle has
 * been found sound and all of its artifacts are there. What is there already
 * stays as it is.
 */
export const restore = Effect.fn("Bundle.restore")(function* (
  layout: Layout.Layout,
  file: string,
): Effect.fn.Return<Restored, StoreError, Scope.Scope> {
  yield* Version.ensure(layout)
  // What is restored must not be collected before the action that holds it is there.
  yield* Live.announce(layout, new Set())
  const { actions, artifacts, contents, runs, seen } = yield* read(layout, file)
  const isThere = ({ bytes, hash }: ArtifactRef) => seal.look(layout.artifact(hash))?.size === bytes
  for (const action of actions.values()) {
    const lacking = Actions.refsOf(action).find((ref) => !isThere(ref))
    if (lacking === undefined) continue
    return yield* refusal(file).lie(paths.action(action.key), `its artifact ${lacking.hash} is missing`)
  }

  const store = Actions.make(layout)
  const written = yield* Effect.forEach(
    actions.values(),
    Effect.fnUntraced(function* (action) {
      const former = yield* store.action(action.key)
      if (former !== undefined && Actions.refsOf(former).every(isThere)) return 0
      yield* store.record(action)
      return 1
    }),
    { concurrency: atOnce },
  )
  for (const [name, bytes] of runs) {
    const target = path.join(layout.runs, name)
    if (!existsSync(target)) yield* Actions.writeSmall(layout, target, bytes)
  }
  const bytes = [...seen.values()].reduce((sum, size) => sum + size, 0)
  return { contents, artifacts, actions: written.filter((one) => one === 1).length, bytes }
})
