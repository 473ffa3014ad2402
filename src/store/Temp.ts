import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import {
  closeSync,
  fsync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
  writev,
} from "node:fs"
import { rm } from "node:fs/promises"
import * as path from "node:path"
import { appendTo } from "../arrow/appendTo.ts"
import { makeFolder } from "./folders.ts"
import type { Layout } from "./Layout.ts"
import { host, isGone } from "./process.ts"
import * as seal from "./seal.ts"
import { atOnce, type Settle } from "./Settle.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

/** A file in the making, under a name that nobody takes for a result. */
export interface Temp {
  /** Appends bytes; does a bit of work of one's own (`meanwhile`) while the disk is busy. */
  readonly write: (chunks: ReadonlyArray<Uint8Array>, meanwhile?: () => void) => Effect.Effect<void, StoreError>
  /**
   * Makes the file durable and visible under its real name, in one step. A
   * small `sealed` file is left out where an equal one is there already.
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

// A disk may have damaged what it was given without a trace: only a look at the bytes tells.
const isThere = (target: string, chunks: ReadonlyArray<Uint8Array>): boolean => {
  const stats = seal.look(target)
  if (stats === undefined || !seal.holds(stats)) return false
  try {
    return readFileSync(target).equals(Buffer.concat(chunks))
  } catch {
    return false
  }
}

// An artifact that is wanted anew gets a new time of change, so that no collection of old ones takes it. False where
// one has just done so.
const wanted = (target: string): boolean => {
  try {
    utimesSync(target, seal.second, seal.second)
    return true
  } catch (cause) {
    return !isAbsent(cause)
  }
}

const copy = ({ buffer, byteLength, byteOffset }: Uint8Array) => new Uint8Array(buffer, byteOffset, byteLength).slice()

/** Does something in a folder, which is made where it is missing. */
const within = async <A>(folder: string, settle: Settle, act: () => A | Promise<A>): Promise<A> => {
  try {
    return await act()
  } catch (cause) {
    if (!isAbsent(cause)) throw cause
    await makeFolder(folder, settle)
    return act()
  }
}

// A file of this size is kept in memory and written in one go: each call that waits costs more than the bytes.
const small = 64 * 1024

const writeAll = (descriptor: number, chunks: ReadonlyArray<Uint8Array>): void => {
  let left = Buffer.concat(chunks)
  while (left.length > 0) {
    const written = writeSync(descriptor, left)
    if (written === 0) throw new Error("the disk takes nothing more")
    left = left.subarray(written)
  }
}

const append = (descriptor: number, chunks: ReadonlyArray<Uint8Array>): Promise<void> =>
  appendTo(
    {
      writev: (buffers) =>
        new Promise((resolve, reject) => {
          writev(descriptor, buffers, (error, bytesWritten) => (error ? reject(error) : resolve({ bytesWritten })))
        }),
    },
    chunks,
  )

const sync = (descriptor: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fsync(descriptor, (error) => (error ? reject(error) : resolve()))
  })

/**
 * Begins a file. It is removed when the scope closes, unless it was published.
 * `settle` makes it durable: at once, or a small one a little later.
 */
export const make = (layout: Layout, settle: Settle = atOnce): Effect.Effect<Temp, StoreError, Scope.Scope> => {
  const file = nameIn(layout)
  const held: Array<Uint8Array> = []
  let size = 0
  let descriptor: number | undefined
  let isMade = false
  const attempt = <A>(doing: string, name: string, run: () => Promise<A>) =>
    Effect.tryPromise({ try: run, catch: (cause) => fromCause(cause, doing, name) })

  const begin = async (): Promise<number> => {
    descriptor = await within(layout.tmp, settle, () => openSync(file, "wx", 0o644))
    isMade = true
    return descriptor
  }
  const finish = async (sealed: boolean): Promise<void> => {
    const isSmall = descriptor === undefined
    const open = descriptor ?? (await begin())
    if (isSmall) writeAll(open, held)
    if (sealed) seal.apply(open)
    if (!isSmall) await sync(open)
    descriptor = undefined
    // A small one may be made durable later, with others; a large one has taken its time already.
    if (isSmall) await settle.file(open)
    else closeSync(open)
  }

  const publish = async (target: string, sealed: boolean) => {
    const folder = path.dirname(target)
    // What was too large for memory is written already: its name costs less than a comparison.
    const kept = sealed && descriptor === undefined && isThere(target, held) && wanted(target)
    if (!kept) {
      await finish(sealed)
      await within(folder, settle, () => renameSync(file, target))
      isMade = false
    }
    await settle.folder(folder)
  }

  const discard = async () => {
    if (descriptor !== undefined) closeSync(descriptor)
    if (isMade) await rm(file, { force: true })
  }

  return Effect.as(
    Effect.addFinalizer(() => (isMade ? Effect.ignore(Effect.tryPromise(discard)) : Effect.void)),
    {
      write: (chunks, meanwhile) => {
        size += chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)
        // Nobody may close what the disk is still writing to.
        return Effect.uninterruptible(
          attempt("write", file, async () => {
            if (descriptor === undefined && size > small) await begin()
            // Copies: the views are the caller's again when this is over.
            if (descriptor === undefined) held.push(...chunks.map(copy))
            const written = descriptor === undefined ? undefined : append(descriptor, [...held.splice(0), ...chunks])
            meanwhile?.()
            await written
          }),
        )
      },
      publish: (target, as) => Effect.uninterruptible(attempt("write", target, () => publish(target, as === "sealed"))),
    },
  )
}
