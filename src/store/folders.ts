import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdir, open } from "node:fs/promises"
import * as path from "node:path"

/** Makes what has happened in a folder durable, now or a little later. */
export type Settle = (folder: string) => Promise<void>

/** Makes what was named, renamed or removed in a folder durable. Not every file system knows how to. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } catch (cause) {
    const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : ""
    if (!["EINVAL", "ENOTSUP", "EPERM", "EISDIR", "EBADF"].includes(code)) throw cause
  } finally {
    await handle.close()
  }
}

/** Makes a folder, durably, with those above it. */
export const makeFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  const top = path.dirname(first)
  for (let at = path.dirname(folder); at.length >= top.length; at = path.dirname(at)) await syncFolder(at)
}

/** Folders whose changes are made durable together. */
export interface Settling {
  /** Leaves a folder to be made durable with others. */
  readonly later: Settle
  /** Makes durable what is left. */
  readonly now: Effect.Effect<void>
}

/** Milliseconds that a change waits at most. */
const wait = 2000

/**
 * Makes folders durable together, every two seconds and when the scope closes:
 * to do so for each file costs more than to write it. The files themselves are
 * durable before they get their names, so a loss of power takes the results of
 * the last seconds, and never leaves a wrong one.
 */
export const settling: Effect.Effect<Settling, never, Scope.Scope> = Effect.gen(function* () {
  const waiting = new Set<string>()
  const now = Effect.promise(async () => {
    const all = [...waiting]
    waiting.clear()
    await Promise.allSettled(all.map(syncFolder))
  })
  yield* Effect.addFinalizer(() => now)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(wait), now)))
  return {
    later: async (folder) => void waiting.add(folder),
    now,
  }
})
