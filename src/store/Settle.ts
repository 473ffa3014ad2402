import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { closeSync, fsync, fsyncSync } from "node:fs"
import { syncFolder } from "./folders.ts"

/** How what was written becomes durable: at once, or a little later with others. */
export interface Settle {
  /** Makes what has happened in a folder durable. */
  readonly folder: (folder: string) => Promise<void>
  /** Takes over an open file, makes its content durable and closes it. Gives a promise where that has to be waited for. */
  readonly file: (descriptor: number) => Promise<void> | undefined
}

/** At once: what was settled is durable. */
export const atOnce: Settle = {
  folder: syncFolder,
  file: (descriptor) => {
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    return undefined
  },
}

/** A way to settle that lasts as long as its scope. */
export interface Settling extends Settle {
  /** Makes durable what is left. */
  readonly now: Effect.Effect<void>
}

/** Milliseconds that a change waits at most. */
const wait = 2000

/** Files that may wait: each is open until it is durable. */
const most = 64

/** Files that are made durable at the same time: the disk takes them together. */
const together = 4

/**
 * Makes folders and small files durable together, within two seconds and when
 * the scope closes: to wait for each costs more than to compute a small node.
 * Such a file may have its name before it is durable. As the store believes no
 * file that is not what its name or its envelope says, a loss of power takes
 * the results of the last seconds, and never leaves a wrong one.
 */
export const settling: Effect.Effect<Settling, never, Scope.Scope> = Effect.gen(function* () {
  const folders = new Set<string>()
  const files: Array<number> = []
  const heard: Array<() => void> = []
  let open = 0

  const next = () => {
    const descriptor = files.shift()
    if (descriptor === undefined) return
    // A disk that refuses loses no more than one that has no power: whoever reads the file finds out.
    fsync(descriptor, () => {
      closeSync(descriptor)
      open--
      for (const hear of heard.splice(0)) hear()
      next()
    })
  }
  const until = async (few: number) => {
    while (open > few) await new Promise<void>((resolve) => heard.push(resolve))
  }
  const now = Effect.promise(async () => {
    await until(0)
    const all = [...folders]
    folders.clear()
    await Promise.allSettled(all.map(syncFolder))
  })
  yield* Effect.addFinalizer(() => now)
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(wait), now)))
  return {
    folder: async (folder) => void folders.add(folder),
    file: (descriptor) => {
      files.push(descriptor)
      open++
      if (open - files.length < together) next()
      return open > most ? until(most) : undefined
    },
    now,
  }
})
