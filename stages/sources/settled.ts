import type { BigIntStats } from "node:fs"
import { stat } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "./paths.ts"

/**
 * What tells that a file is still the same without reading it: size, times of
 * content and of status in nanoseconds, inode. Tools can set the time of the
 * content back, but not that of the status.
 */
export const stampOf = ({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string => `${size}-${mtimeNs}-${ctimeNs}-${ino}`

/** A file system's clock ticks every few milliseconds: what is written twice in one tick keeps its time. */
const tick = 20

/** Some file systems count whole seconds, in steps of up to two. */
const coarseTick = 2000

/** How far a file server's clock may be ahead of ours. */
const skew = 1000

/** How often a file that goes on changing is looked at again. */
const patience = 20

const look = (path: string) =>
  Effect.tryPromise({ try: () => stat(path, { bigint: true }), catch: (cause) => unreadable(path, cause) })

/** How long until a later write is sure to show in the file's times, in ms. */
const unsettledFor = ({ ctimeNs, ctimeMs }: BigIntStats): number => {
  const age = Date.now() - Number(ctimeMs)
  const needed = ctimeNs % 1_000_000_000n === 0n ? coarseTick : tick
  return age > -skew && age <= needed ? needed - age + 1 : 0
}

/** What was read of a file, and the file's state, which was the same before and after. */
export interface Settled<A> {
  readonly value: A
  readonly stats: BigIntStats
}

/**
 * Reads a file in such a way that its stamp vouches for what was read: it is not
 * so young that a later write could leave its times as they are (it is waited
 * for, in real time, as the file's times are real), and it does not change
 * meanwhile (or it is read again).
 */
export const settled = Effect.fnUntraced(function* <A, R>(
  path: string,
  read: (stats: BigIntStats) => Effect.Effect<A, StageError, R>,
): Effect.fn.Return<Settled<A>, StageError, R> {
  let stats = yield* look(path)
  for (let tries = 0; tries < patience; tries++) {
    const wait = unsettledFor(stats)
    if (wait > 0) {
      yield* Effect.promise((signal) => sleep(wait, undefined, { signal }))
      const again = yield* look(path)
      const moved = stampOf(again) !== stampOf(stats)
      stats = again
      if (moved) continue
    }
    const outcome = yield* Effect.result(read(stats))
    const after = yield* look(path)
    if (stampOf(after) === stampOf(stats)) {
      return { value: yield* Effect.fromResult(outcome), stats }
    }
    stats = after
  }
  return yield* new StageError({
    message: "this file keeps changing while it is read",
    hint: "run again once whatever writes it has finished",
    file: path,
  })
})
