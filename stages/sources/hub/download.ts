import { existsSync } from "node:fs"
import { type FileHandle, open, rename } from "node:fs/promises"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { appendTo } from "../../../src/arrow/appendTo.ts"
import { address, fetchFrom, identify, type Identity, noSuchRange, type Wanted } from "./ask.ts"
import { type Bounds, differs, hashIn, isSound, sha256Of, tooLarge } from "./Content.ts"
import * as Partial from "./Partial.ts"
import { Patience } from "./Patience.ts"
import { patiently } from "./patiently.ts"
import { type Place, unwritable } from "./Place.ts"
import type { Settings } from "./Settings.ts"
import { Trouble } from "./Trouble.ts"

/** Hears how many bytes of how many are here. */
export type Report = (bytes: number, of: number | undefined) => Effect.Effect<void>

const broken = (message: string, at: string, cause?: unknown): Trouble =>
  new Trouble({
    message,
    hint: "see whether the network is stable",
    at,
    passing: true,
    ...(cause === undefined ? {} : { cause }),
  })

const onDisk = <A>(path: string, act: () => A | Promise<A>) =>
  Effect.tryPromise({ try: async () => act(), catch: unwritable(path) })

/** Appends what a server sends to an open file that has `from` bytes; gives how many it has then. */
const receive = Effect.fnUntraced(function* (
  response: Response,
  at: string,
  file: { readonly handle: FileHandle; readonly path: string },
  from: number,
  bounds: Bounds,
  heard: (bytes: number) => Effect.Effect<void>,
): Effect.fn.Return<number, Trouble> {
  const { silence } = yield* Patience
  const reader = response.body?.getReader()
  let size = from
  for (;;) {
    const next = yield* Effect.tryPromise({
      try: async () => reader?.read(),
      catch: (cause) => broken(`the connection to ${new URL(at).host} broke`, at, cause),
    }).pipe(
      Effect.timeoutOrElse({
        duration: silence,
        orElse: () => Effect.fail(broken(`${new URL(at).host} sends nothing more`, at)),
      }),
    )
    if (next?.value === undefined) return size
    size += next.value.length
    if (size > bounds.maxBytes) {
      yield* onDisk(file.path, () => file.handle.truncate())
      return yield* tooLarge(size, bounds, at)
    }
    const { value } = next
    yield* onDisk(file.path, () => appendTo(file.handle, [value]))
    yield* heard(size)
  }
})

/** Whether a server sends what follows the bytes that are here, and not all of it again. */
const continues = ({ headers, status }: Response, { size }: Partial.Partial): boolean =>
  status === 206 && headers.get("content-range")?.startsWith(`bytes ${size}-`) === true

/** Brings what is missing of a content; gives whether it was begun by another try. */
const complete = Effect.fnUntraced(function* (
  settings: Settings,
  wanted: Wanted,
  identity: Identity,
  held: { partial: Partial.Partial },
  bounds: Bounds,
  blob: string,
  report: Report,
): Effect.fn.Return<boolean, Trouble, Scope.Scope> {
  const { etag, size } = identity
  const { partial } = held
  if (size !== undefined && partial.size === size && size > 0) return true
  const range =
    partial.validator !== undefined && partial.size > 0
      ? { range: `bytes=${partial.size}-`, "if-range": partial.validator }
      : undefined
  const { at, identity: now, response } = yield* fetchFrom(settings, wanted, range ?? {})
  if (now.etag !== undefined && now.etag !== etag) return yield* broken("the file changed while it was fetched", at)
  if (response.status === noSuchRange) {
    yield* onDisk(partial.path, () => Partial.restart(partial))
    return yield* broken("more has arrived than there is", at)
  }
  const resumed = range !== undefined && continues(response, partial)
  if (!resumed) {
    held.partial = yield* onDisk(partial.path, () => Partial.validated(blob, partial, response.headers.get("etag")))
  }
  const { path } = held.partial
  const handle = yield* Effect.acquireRelease(
    onDisk(path, () => open(path, resumed ? "a" : "w")),
    (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
  )
  const from = resumed ? partial.size : 0
  const total = yield* receive(response, at, { handle, path }, from, bounds, (bytes) => report(bytes, size))
  if (size !== undefined && total !== size) {
    // More than there is: nothing of it can be trusted.
    if (total > size) yield* onDisk(path, () => Partial.restart(held.partial))
    return yield* broken(`the connection to ${new URL(at).host} ended after ${total} of ${size} bytes`, at)
  }
  yield* onDisk(path, () => handle.sync())
  return resumed
}, Effect.scoped)

/** What there is of a content to go on with; undefined once another, who was at work on it, has ended it. */
const claimed = Effect.fnUntraced(function* (
  blob: string,
): Effect.fn.Return<{ partial: Partial.Partial } | undefined, Trouble, Scope.Scope> {
  const { pause } = yield* Patience
  const held: { partial: Partial.Partial | undefined } = { partial: undefined }
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      if (held.partial !== undefined) Partial.release(blob, held.partial)
    }),
  )
  while (!existsSync(blob)) {
    const now = yield* Clock.currentTimeMillis
    // Taken and held in one go: what is interrupted in between would be nobody's.
    const partial = yield* Effect.try({
      try: () => (held.partial = Partial.claim(blob, now)),
      catch: unwritable(blob),
    })
    if (partial === undefined) {
      yield* Effect.sleep(pause)
      continue
    }
    // Another may have ended it since it was looked for, and its file then was not among those in the making.
    if (!existsSync(blob)) return Object.assign(held, { partial })
    Partial.discard(partial)
    held.partial = undefined
  }
  return undefined
})

/** One try. */
const attempt = Effect.fnUntraced(function* (
  settings: Settings,
  place: Place,
  wanted: Wanted,
  bounds: Bounds,
  report: Report,
): Effect.fn.Return<Identity, Trouble, Scope.Scope> {
  const identity = yield* identify(settings, wanted)
  const { etag, size } = identity
  const at = address(settings.endpoint, wanted)
  const named = hashIn(etag)
  if (size !== undefined && size > bounds.maxBytes) return yield* tooLarge(size, bounds, at)
  if (named !== undefined && bounds.sha256 !== undefined && named !== bounds.sha256) {
    return yield* differs(named, bounds.sha256, "the pipeline", at)
  }
  const blob = place.blob(etag)
  if (yield* isSound(blob, bounds)) return identity
  const held = yield* claimed(blob)
  if (held === undefined) return identity
  const resumed = yield* complete(settings, wanted, identity, held, bounds, blob, report)
  const { path } = held.partial
  const sha256 = named ?? bounds.sha256
  const found = sha256 === undefined ? undefined : yield* sha256Of(path)
  if (sha256 !== undefined && found !== undefined && found !== sha256) {
    yield* onDisk(path, () => Partial.discard(held.partial))
    // What another try has left may be at fault.
    return yield* differs(found, sha256, named === undefined ? "the pipeline" : "the hub", at, resumed)
  }
  yield* onDisk(blob, () => rename(path, blob))
  return identity
}, Effect.scoped)

/**
 * Fetches a content to its place, unless it is there. A connection that breaks,
 * stalls or is refused for a while is taken up where it was, by this run or a
 * later one; a content that changed meanwhile is begun anew. What is there in
 * the end has the hub's hash and the one asked for, or is not there at all.
 */
export const download = Effect.fnUntraced(function* (
  settings: Settings,
  place: Place,
  wanted: Wanted,
  bounds: Bounds,
  report: Report,
): Effect.fn.Return<Identity, Trouble> {
  let arrived = 0
  const heard: Report = (bytes, of) => {
    arrived = Math.max(arrived, bytes)
    return report(bytes, of)
  }
  return yield* patiently(attempt(settings, place, wanted, bounds, heard), () => arrived)
})
