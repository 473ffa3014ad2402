import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Memo, Warning } from "../../../src/dsl/Services.ts"
import { identify, type Wanted } from "./ask.ts"
import { Patience } from "./Patience.ts"
import { patiently } from "./patiently.ts"
import { isCommit, lastSeen, type Place } from "./Place.ts"
import type { Settings } from "./Settings.ts"
import { Trouble } from "./Trouble.ts"

/** What stands for this process: a branch that it has asked for is not asked for again. */
export const Visit = Context.Reference<string>("rankshift/hub/Visit", {
  defaultValue: () => `${process.pid} ${performance.timeOrigin}`,
})

const Known = Schema.fromJsonString(Schema.Struct({ commit: Schema.String, visit: Schema.String }))

/**
 * The commit that a revision is at. That of a hash is itself, and nobody is
 * asked. For a branch or a tag the hub is asked once a process. Where it cannot
 * be reached, or must not be, it is the commit of the last run, or what other
 * tools have fetched.
 */
export const commitOf = Effect.fnUntraced(function* (
  settings: Settings,
  place: Place,
  wanted: Wanted,
): Effect.fn.Return<string, Trouble, Memo> {
  const { repository, revision } = wanted
  if (isCommit(revision)) return revision
  const memo = yield* Memo
  const visit = yield* Visit
  const name = `hub ${settings.endpoint} ${repository} ${revision}`
  const kept = Buffer.from((yield* memo.load(name)) ?? []).toString("utf8")
  const known = yield* Effect.option(Schema.decodeUnknownEffect(Known)(kept))
  const former = known._tag === "Some" ? known.value : undefined
  if (former?.visit === visit) return former.commit
  const last = former?.commit ?? (yield* lastSeen(place.ref(revision)))
  if (settings.offline) {
    if (last !== undefined) return last
    return yield* new Trouble({
      message: `HF_HUB_OFFLINE is set, and it is not known which commit ${revision} of ${repository} is at`,
      hint: "name a commit as revision, or run once without it; HF_HUB_CACHE says where downloads are",
      at: place.ref(revision),
      passing: false,
    })
  }
  const asking = Effect.map(identify(settings, wanted), ({ commit }) => commit)
  const patience = yield* Patience
  const warning = yield* Warning
  const commit = yield* last === undefined
    ? // Each look at a pipeline asks, and nobody wants to wait long for that.
      Effect.provideService(patiently(asking), Patience, { ...patience, tries: 2 })
    : Effect.catchIf(
        asking,
        ({ passing }) => passing,
        ({ message }) =>
          Effect.as(
            warning.say(`${message}: ${revision} of ${repository} is taken to be at ${last.slice(0, 12)}, as before`),
            last,
          ),
      )
  yield* memo.save(name, Buffer.from(Schema.encodeSync(Known)({ commit, visit })))
  return commit
})
