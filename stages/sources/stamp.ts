import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import { settled, stampOf } from "./settled.ts"

/**
 * Size, times in nanoseconds and inode of a file, as one string: as long as it
 * stays the same, the content is taken to be the same. A file just written is
 * waited for some milliseconds. A missing file, a folder or one without access
 * is a `StageError`. `file` is a full path.
 */
export const stampFile = (file: string): Effect.Effect<string, StageError> =>
  settled(file, (stats) =>
    stats.isDirectory()
      ? Effect.fail(new StageError({ message: "this is a folder, where a file is needed", file }))
      : Effect.void,
  ).pipe(Effect.map(({ stats }) => stampOf(stats)))
