import { basename } from "node:path"
import * as Effect from "effect/Effect"
import { Progress } from "../../../src/dsl/Services.ts"
import type { Wanted } from "./ask.ts"
import { type Bounds, isSound } from "./Content.ts"
import { download, type Report } from "./download.ts"
import { link, type Place } from "./Place.ts"
import type { Settings } from "./Settings.ts"
import { Trouble } from "./Trouble.ts"

const megabytes = (bytes: number) => Math.round(bytes / 1e6)

/** The path of a file at a commit: as it was downloaded before, or is now. */
export const obtain = Effect.fnUntraced(function* (
  settings: Settings,
  place: Place,
  wanted: Wanted,
  bounds: Bounds,
): Effect.fn.Return<string, Trouble, Progress> {
  const { file, repository, revision } = wanted
  const path = place.snapshot(revision, file)
  if (yield* isSound(path, bounds)) return path
  if (settings.offline) {
    return yield* new Trouble({
      message: `HF_HUB_OFFLINE is set, and ${file} of ${repository} at ${revision} is not among the downloads`,
      hint: "run once without it, or copy the folder from a machine that has it; HF_HUB_CACHE says where it is",
      at: path,
      passing: false,
    })
  }
  const progress = yield* Progress
  let told = -1
  const report: Report = (bytes, of = bytes) => {
    const done = megabytes(bytes)
    if (done === told) return Effect.void
    told = done
    return progress.report(done, megabytes(of), "MB", basename(file))
  }
  const { etag } = yield* download(settings, place, wanted, bounds, report)
  yield* link(path, place.blob(etag))
  return path
})
