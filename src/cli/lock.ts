import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { basename } from "node:path"
import type { Pipeline } from "../dsl/Pipeline.ts"
import { lines, Output } from "../report/Output.ts"
import * as Report from "../report/lock.ts"
import { UsageError } from "./ExitError.ts"
import { lockFile, lockPath } from "./locked.ts"
import { withEngine } from "./options.ts"
import { version } from "./version.ts"

/** `lock`: writes what the targets are now into a file to commit. */
export const lock = (pipeline: Pipeline) =>
  Command.make(
    "lock",
    { file: lockFile },
    Effect.fn("lock")(function* ({ file }) {
      const { out } = yield* Output
      const fs = yield* FileSystem.FileSystem
      const Lock = yield* Effect.promise(() => import("../run/Lock.ts"))
      const { encode } = yield* Effect.promise(() => import("../run/LockFile.ts"))
      const target = lockPath(pipeline, file)
      const locked = yield* Lock.make(pipeline, version).pipe(withEngine(pipeline))
      // In one step, so that no half of it is ever committed.
      const beside = `${target}.${process.pid}.tmp`
      yield* fs.writeFileString(beside, encode(locked)).pipe(
        Effect.andThen(fs.rename(beside, target)),
        Effect.onError(() => Effect.ignore(fs.remove(beside, { force: true }))),
        Effect.mapError(
          (error) =>
            new UsageError({
              message: `cannot write ${target}: ${error.message}`,
              hint: "name a file in a folder that you may write to with --lock-file",
            }),
        ),
      )
      yield* lines(out, Report.written(locked, basename(target), yield* out.style))
    }),
  ).pipe(
    Command.withDescription("Write the targets' keys, contents and figures into a file to commit"),
    Command.withExamples([
      { command: "pipeline lock", description: "Writes pipeline.lock.json beside the pipeline" },
      { command: "pipeline run --locked", description: "Fails where a result is another than the locked one" },
    ]),
  )
