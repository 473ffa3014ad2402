import { availableParallelism } from "node:os"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import type * as Scope from "effect/Scope"
import { Cores, Progress, Root, type StageServices } from "../dsl/Services.ts"
import { memoLayer } from "./memoLayer.ts"
import { Store } from "../store/Store.ts"

/** What planning and running ask for. */
export type Engine = Store | Exclude<StageServices, Scope.Scope>

const cores = Layer.effect(
  Cores,
  Effect.gen(function* () {
    const total = availableParallelism()
    const semaphore = yield* Semaphore.make(total)
    return Cores.of({ total, use: (n) => semaphore.withPermits(Math.min(n, total)) })
  }),
)

/** The engine over a folder of results; relative paths in params start at `directory`. */
export const layer = (options: { readonly cache: string; readonly directory: string }) =>
  Layer.mergeAll(
    cores,
    memoLayer.pipe(Layer.provideMerge(Store.layer(options.cache))),
    Layer.succeed(Progress, Progress.of({ report: () => Effect.void })),
    Layer.succeed(Root, Root.of({ directory: options.directory })),
  )
