import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { readdirSync, rmSync, statSync } from "node:fs"
import { type FileHandle, open, rename, rm, utimes } from "node:fs/promises"
import * as path from "node:path"
import { appendTo } from "../arrow/appendTo.ts"
import { makeFolder, type Settle, syncFolder } from "./folders.ts"
import type { Layout } from "./Layout.ts"
import { host, isGone } from "./process.ts"
import * as seal from "./seal.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

/** A file in the making, under a name that nobody takes for a result. */
export interface Temp {
  /** Appends bytes; does a bit of work of one's own (`meanwhile`) while the disk is busy. */
  readonly write: (chunks: ReadonlyArray<Uint8Array>, meanwhile?: () => void) => Effect.Effect<void, StoreError>
  /**
   * Makes the file durable and visible under its real name, in one step. A
   * `sealed` file is left out where an equal one is there already.
   */
  readonly publish: (target: string, as: "sealed" | "open") => Effect.Effect<void, StoreError>
}

const newName = () => `${process.pid}-${host()}${randomBytes(6).toString("hex")}`

/** A name for something in the making, which tells whose it is. */
export const nameIn = (layout: Layout): string => path.join(layout.tmp, newName())

/**
 * Removes what dead processes of this host left unfinished. Files of living
 * ones and of other hosts stay; so does whatever cannot be removed.
 */
export const sweep = (layout: Layout): Effect.Effect<void> =>
  Effect.try(() => {
    const started = Date.now() - process.uptime() * 1000
    for (const name of readdirSync(layout.tmp)) {
      const [, pid, of] = /^(\d+)-([0-9a-f]{8})/.exec(name) ?? []
      if (pid === undefined || of !== host()) continue
      const file = path.join(layout.tmp, name)
      // The number of a dead process may have come to us: what is older than we are is not ours.
      const stale = Number(pid) === process.pid ? statSync(file).mtimeMs < started - 1000 : isGone(Number(pid))
      if (stale) rmSync(file, { force: true, recursive: true })
    }
  }).pipe(Effect.ignore)

const isThere = (target: string, bytes: number) => {
  const stats = seal.look(target)
  return stats !== undefined && seal.holds(stats) && stats.size === bytes
}

// An artifact that is wanted anew gets a new time of change, so that no collection of old ones takes it. False where
// one has just done so.
const wanted = (target: string): Promise<boolean> =>
  utimes(target, seal.second, seal.second).then(
    () => true,
    (cause: unknown) => !isAbsent(cause),
  )

/** Does something in a folder, which is made where it is missing. */
const within = async <A>(folder: string, act: () => Promise<A>): Promise<A> => {
  try {
    return await act()
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
    await makeFolder(folder)
    return act()
  }
}

/**
 * Begins a file. It is removed when the scope closes, unless it was published.
 * `settle` makes its name durable.
 */
export const make = (layout: Layout, settle: Settle = syncFolder): Effect.Effect<Temp, StoreError, Scope.Scope> => {
  const file = nameIn(layout)
  const attempt = <A>(doing: string, name: string, run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (cause) => fromCause(cause, doing, name) })

  const discard = async (handle: FileHandle) => {
    await handle.close().catch(() => undefined)
    await rm(file, { force: true })
  }

  const publish = (handle: FileHandle) => (target: string, as: "sealed" | "open") =>
    attempt("write", target, async () => {
      if (as === "sealed") await seal.apply(handle)
      await handle.sync()
      const { size } = await handle.stat()
      await handle.close()
      const folder = path.dirname(target)
      if (as === "sealed" && isThere(target, size) && (await wanted(target))) await rm(file, { force: true })
      else await within(folder, () => rename(file, target))
      await settle(folder)
    }).pipe(Effect.uninterruptible)

  return Effect.acquireRelease(
    attempt("create", file, () => within(layout.tmp, () => open(file, "wx", 0o644))),
    (handle) => Effect.ignore(Effect.tryPromise(() => discard(handle))),
  ).pipe(
    Effect.map((handle) => ({
      write: (chunks, meanwhile) =>
        attempt("write", file, () => {
          const written = appendTo(handle, chunks)
          meanwhile?.()
          return written
        }),
      publish: publish(handle),
    })),
  )
}
