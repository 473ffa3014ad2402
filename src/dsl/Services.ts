import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Path from "effect/Path"
import type * as FileSystem from "effect/FileSystem"
import type * as Scope from "effect/Scope"

/**
 * The processor's cores as permits. Native work (a decode, an inference) runs
 * inside `use`, so that everything in flight together asks for no more threads
 * than there are cores.
 */
export class Cores extends Context.Service<
  Cores,
  {
    /** How many there are to share. */
    readonly total: number
    /** Runs an effect while holding `n` permits (at most `total`). */
    readonly use: (n: number) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>()("rankshift/Cores") {}

/** What is kept by name. */
export interface Kept {
  readonly load: (name: string) => Effect.Effect<Uint8Array | undefined>
  readonly save: (name: string, bytes: Uint8Array) => Effect.Effect<void>
}

/**
 * A small side memory that survives runs but decides no result: sources keep
 * the hashes of files here, by size, time and inode. Losing it costs time only.
 */
export class Memo extends Context.Service<Memo, Kept>()("rankshift/Memo") {}

/**
 * Where a long whole-table stage keeps what another run may take up: the state
 * of a fit after some epochs, say. As {@link Memo}, but under the stage's code,
 * environment and inputs, so that what is found there was made of the same.
 * Params are not part of it: whatever of them decided the bytes belongs into the
 * name, and what was begun with other params can then be taken up where it fits.
 * Where nothing is provided nothing is kept.
 */
export const Resume = Context.Reference<Kept>("rankshift/Resume", {
  defaultValue: () => ({ load: () => Effect.undefined, save: () => Effect.void }),
})

/** Hears what a user should know of a stage that goes on all the same. Says so in the log where nothing else is provided. */
export const Warning = Context.Reference<{ readonly say: (message: string) => Effect.Effect<void> }>(
  "rankshift/Warning",
  { defaultValue: () => ({ say: (message) => Effect.logWarning(message) }) },
)

/** How far a long whole-table stage has come, in units of its own choice, and how it goes: `loss .412, held out 71.3%`. */
export class Progress extends Context.Service<
  Progress,
  { readonly report: (done: number, total: number, unit: string, note?: string) => Effect.Effect<void> }
>()("rankshift/Progress") {}

/** The folder that relative paths in params start from: that of the pipeline file. */
export class Root extends Context.Service<Root, { readonly directory: string }>()("rankshift/Root") {}

/** All that a stage may ask for. */
export type StageServices = Cores | Memo | Progress | Root | FileSystem.FileSystem | Path.Path | Scope.Scope
