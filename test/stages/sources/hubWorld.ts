/** A hub, a folder of downloads and what fetches from one to the other. */
import { readFile, readdir } from "node:fs/promises"
import { join } from "node:path"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Progress } from "../../../src/dsl/Services.ts"
import { obtain } from "../../../stages/sources/hub/obtain.ts"
import { Patience } from "../../../stages/sources/hub/Patience.ts"
import * as Place from "../../../stages/sources/hub/Place.ts"
import { settings } from "../../../stages/sources/hub/Settings.ts"
import { services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"
import { hubServer } from "./hubServer.ts"

export const repository = "owner/name"

/** Two million bytes that do not repeat. */
export const large = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 2_654_435_761) >>> 24)
export const text = "some words"

export const patient = { silence: "20 seconds", pause: "5 millis", tries: 4 } as const

/** A hub with a commit of two files, and a folder for downloads. */
export const world = Effect.fnUntraced(function* (environment: Readonly<Record<string, string>> = {}) {
  const folder = yield* folderWith({})
  const hub = yield* hubServer(folder)
  const files = { "model.bin": large, "notes.txt": text }
  const commit = hub.commit(files)
  const place = Place.make(folder, repository)
  const said = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: folder, ...environment }
  const reported: Array<string> = []
  const get = (
    file: string,
    given: { readonly revision?: string; readonly sha256?: string; readonly maxBytes?: number } = {},
  ) => {
    const { maxBytes = 1e9, revision = commit, sha256 } = given
    return Effect.flatMap(settings, (found) =>
      obtain(found, place, { repository, revision, file }, { sha256, maxBytes }),
    ).pipe(
      Effect.provideService(Progress, {
        report: (done, total, unit, note) => Effect.sync(() => void reported.push(`${done}/${total} ${unit} ${note}`)),
      }),
      Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(said))),
    )
  }
  return {
    hub,
    folder,
    place,
    commit,
    files,
    reported,
    get,
    bytes: (path: string) => Effect.promise(() => readFile(path)),
    blobs: Effect.promise(() => readdir(join(place.root, "blobs")).catch(() => [])),
  }
})

export const run = <A, E, R>(effect: Effect.Effect<A, E, R>, patience: (typeof Patience)["Service"] = patient) =>
  effect.pipe(Effect.scoped, Effect.provide(Layer.merge(services(), Layer.succeed(Patience, patience))))
export const ranges = (
  requests: ReadonlyArray<{ readonly method: string; readonly headers: { readonly range?: string | undefined } }>,
) => requests.filter(({ method }) => method === "GET").map(({ headers }) => headers.range)
