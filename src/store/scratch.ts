import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdir, rm } from "node:fs/promises"
import * as FileStore from "./FileStore.ts"
import * as Layout from "./Layout.ts"
import { fromCause, type StoreError } from "./StoreError.ts"
import type { StoreShape } from "./StoreShape.ts"
import * as Temp from "./Temp.ts"

/**
 * A store for what is to be looked at and thrown away, on the same disk as
 * another: a folder among that one's files in the making. It is removed with
 * the scope, or by whoever comes next where the process was killed.
 */
export const make = (root: string): Effect.Effect<StoreShape, StoreError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const folder = Temp.nameIn(Layout.make(root))
      return Effect.tryPromise({
        try: () => mkdir(folder, { recursive: true }),
        catch: (cause) => fromCause(cause, "create", folder),
      }).pipe(Effect.as(folder))
    }),
    (folder) => Effect.ignore(Effect.tryPromise(() => rm(folder, { recursive: true, force: true }))),
  ).pipe(Effect.flatMap(FileStore.make))
