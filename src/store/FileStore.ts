import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Actions from "./Actions.ts"
import * as Artifacts from "./Artifacts.ts"
import * as Layout from "./Layout.ts"
import * as Live from "./Live.ts"
import * as memory from "./memory.ts"
import { read } from "./read.ts"
import * as Runs from "./Runs.ts"
import { settling } from "./Settle.ts"
import type { StoreError } from "./StoreError.ts"
import type { StoreShape } from "./StoreShape.ts"
import * as Temp from "./Temp.ts"
import * as Version from "./Version.ts"
import * as Writer from "./Writer.ts"

/** Puts an effect in front of others. It is done until it has succeeded once: a full disk may have room by the next time. */
const once = (first: Effect.Effect<unknown, StoreError>) =>
  Effect.map(Semaphore.make(1), (turn) => {
    let done = false
    const ready = turn.withPermits(1)(
      Effect.suspend(() =>
        done
          ? Effect.void
          : Effect.andThen(
              first,
              Effect.sync(() => void (done = true)),
            ),
      ),
    )
    return <A, E, R>(then: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R> =>
      Effect.suspend(() => (done ? then : Effect.andThen(ready, then)))
  })

/**
 * A store of plain files in a folder, which is made when the first file is
 * written. From its first result on until the scope closes, whatever this process
 * has found in the store or written to it is safe from whoever collects what is old.
 */
export const make = (root: string): Effect.Effect<StoreShape, never, Scope.Scope> =>
  Effect.gen(function* () {
    const layout = Layout.make(root)
    const scope = yield* Effect.scope
    yield* Temp.sweep(layout)
    yield* Live.sweep(layout)
    const artifacts = yield* Artifacts.make(layout)
    const settle = yield* settling
    const { action, record } = Actions.make(layout, settle)
    const { lastRuns, saveRun } = Runs.make(layout)
    const { load, save } = memory.make(layout)
    const keys = new Set<string>()
    // Large, and of no use where nothing is read or written: loaded when it is first needed.
    const ipc = yield* Effect.cached(Effect.promise(() => import("../arrow/Ipc.ts")))
    const reading = yield* once(Version.check(layout))
    const noting = yield* once(Version.ensure(layout))
    // Only results can be collected, so who writes none need not be known.
    const writing = yield* once(noting(Scope.provide(Live.announce(layout, keys), scope)))
    return {
      root: layout.root,
      action: (key) =>
        reading(
          Effect.map(action(key), (found) => {
            if (found !== undefined) keys.add(key)
            return found
          }),
        ),
      record: (action) => writing(record(action)),
      check: (ref) => reading(artifacts.check(ref)),
      read: (table, output) => Stream.unwrap(reading(Effect.sync(() => read(artifacts, ipc, table, output)))),
      writer: (table) => writing(Writer.make(layout, table, { ipc, settle, done: artifacts.written })),
      saveRun: (run) => noting(Effect.andThen(settle.now, saveRun(run))),
      lastRuns: (n) => reading(lastRuns(n)),
      memo: { load, save: (name, bytes) => Effect.ignore(noting(save(name, bytes))) },
    }
  })
