import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { basename, resolve } from "node:path"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { lines, Output } from "../report/Output.ts"
import * as Report from "../report/lock.ts"
import { ExitError, UsageError } from "./ExitError.ts"
import { withEngine } from "./options.ts"

/** Where the lock is. */
export const lockFile = Flag.String("lock-file").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The lock (default: pipeline.lock.json beside the pipeline file)"),
  Flag.optional,
)

/** The lock's path: as given, from where the command is run, or the usual one. */
export const lockPath = (pipeline: Pipeline, file: Option.Option<string>): string =>
  Option.match(file, {
    onNone: () => resolve(pipeline.directory, "pipeline.lock.json"),
    onSome: (given) => resolve(given),
  })

/** How a run is held to a lock. */
export interface Held {
  readonly file: string
  readonly tolerance: number
  /** Whether contents have to be equal byte by byte. */
  readonly exact: boolean
  readonly json: boolean
}

/**
 * Carries something out between a look at the lock and a comparison with it:
 * says before which nodes have other keys, and fails after where a figure differs.
 */
export const heldTo = Effect.fnUntraced(function* <E, R>(
  pipeline: Pipeline,
  { exact, file, json, tolerance }: Held,
  run: Effect.Effect<void, E, R>,
) {
  const { err, out } = yield* Output
  const fs = yield* FileSystem.FileSystem
  const Lock = yield* Effect.promise(() => import("../run/Lock.ts"))
  const { parse } = yield* Effect.promise(() => import("../run/LockFile.ts"))
  const text = yield* Effect.mapError(
    fs.readFileString(file),
    (error) =>
      new UsageError({
        message: `the lock cannot be read: ${error.message}`,
        hint: "`pipeline lock` writes one; --lock-file says where it is",
      }),
  )
  const lock = yield* parse(text, file)
  if (lock.pipeline !== pipeline.name) {
    return yield* new UsageError({
      message: `${file} locks the pipeline ${lock.pipeline}, and this is ${pipeline.name}`,
      hint: "name the right one with --lock-file",
    })
  }
  const others = yield* Lock.otherKeys(pipeline, lock).pipe(withEngine(pipeline))
  if (!json) yield* lines(err, Report.otherKeys(others, basename(file), yield* err.style))
  yield* run
  const found = yield* Lock.departures(pipeline, lock, { absolute: tolerance, relative: tolerance }).pipe(
    withEngine(pipeline),
  )
  const bad = found.filter(({ verdict }) => verdict !== "equal" && (exact || verdict !== "close"))
  if (json)
    yield* lines(
      out,
      found.map((one) => JSON.stringify(Lock.event(one))),
    )
  else {
    const end = bad.length > 0 ? err : out
    yield* lines(end, Report.departures(found, basename(file), { exact, tolerance }, yield* end.style))
  }
  if (bad.length > 0) return yield* new ExitError({ code: 1 })
})
