import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"

/** A folder with these files, gone at the end of the test. */
export const folderWith = (files: Readonly<Record<string, string | Uint8Array>>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(join(tmpdir(), "rankshift-"))),
      (path) => Effect.promise(() => rm(path, { recursive: true })),
    )
    for (const [name, content] of Object.entries(files)) {
      yield* Effect.promise(() => mkdir(dirname(join(folder, name)), { recursive: true }))
      yield* Effect.promise(() => writeFile(join(folder, name), content))
    }
    return folder
  })
