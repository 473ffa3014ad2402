import * as Effect from "effect/Effect"
import type { Memo, Progress } from "../../../src/dsl/Services.ts"
import type { StageError } from "../../../src/dsl/StageError.ts"
import type { Bounds } from "./Content.ts"
import { obtain } from "./obtain.ts"
import { make, see } from "./Place.ts"
import type { Wanted } from "./ask.ts"
import { commitOf } from "./revision.ts"
import { settings } from "./Settings.ts"
import { toStageError } from "./Trouble.ts"

/** A repository at a commit. */
export interface Repository {
  readonly commit: string
  /** Gives the path of a file, which is downloaded where it is not there. */
  readonly fetch: (file: string, bounds: Bounds) => Effect.Effect<string, StageError, Progress>
  /** Takes note for other tools that this is the commit of the branch or tag, once its files are there. */
  readonly seen: Effect.Effect<void, StageError>
}

/** A file's repository, at the commit that its revision is at. */
export const open = Effect.fnUntraced(function* (wanted: Wanted): Effect.fn.Return<Repository, StageError, Memo> {
  const found = yield* settings
  const { repository, revision } = wanted
  const place = make(found.folder, repository)
  const commit = yield* Effect.mapError(commitOf(found, place, wanted), toStageError)
  return {
    commit,
    fetch: (file, bounds) =>
      Effect.mapError(obtain(found, place, { repository, revision: commit, file }, bounds), toStageError),
    seen: revision === commit ? Effect.void : Effect.mapError(see(place.ref(revision), commit), toStageError),
  }
})
