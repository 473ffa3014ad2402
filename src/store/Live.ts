/** Processes that write to a store say so in it, so that nothing they need is collected meanwhile. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { readSmall } from "./Actions.ts"
import * as Envelope from "./envelope.ts"
import type { Layout } from "./Layout.ts"
import { host, isGone } from "./process.ts"
import type { StoreError } from "./StoreError.ts"

const Announcement = Schema.Struct({
  /** Milliseconds since 1970, missing where the file's own time says it. */
  since: Schema.optionalKey(Schema.Finite),
  /** Keys whose results the process counts on. */
  keys: Schema.Array(Schema.String),
})

/** A process that is at work on a store. */
export interface Live {
  readonly pid: number
  /**
   * When it began to write, in milliseconds since 1970: the earliest time that
   * the clock of the files has shown since, as clocks may be set back.
   */
  readonly since: number
  /** Keys whose results it counts on. */
  readonly keys: ReadonlyArray<string>
}

/** How often a process looks whether it has found more since, and after how many such beats it says so though it has not. */
const beat = { millis: 5_000, most: 6 }
/** After so long without a beat, a process of another machine counts as dead; one of this machine is asked for. */
const silence = { elsewhere: 3_600_000, here: 86_400_000 }

const envelope = Envelope.make(Announcement)

interface Found {
  readonly file: string
  readonly pid: number
  readonly changed: number
  readonly dead: boolean
}

// The file system's own time, which is what the age of all other files is measured by.
const changedAt = (file: string) => Option.fromUndefinedOr(statSync(file, { throwIfNoEntry: false })?.mtimeMs)

const find = (layout: Layout, now: number): Effect.Effect<ReadonlyArray<Found>> =>
  Effect.try(() =>
    readdirSync(layout.live).flatMap((name): ReadonlyArray<Found> => {
      const [, number, of] = /^(\d+)-([0-9a-f]{8})-[0-9a-f]+\.json(?:\.new)?$/.exec(name) ?? []
      const file = path.join(layout.live, name)
      const changed = Option.getOrUndefined(changedAt(file))
      if (number === undefined || changed === undefined) return []
      const pid = Number(number)
      const here = of === host()
      const dead = (here && isGone(pid)) || now - changed > (here ? silence.here : silence.elsewhere)
      return [{ file, pid, changed, dead }]
    }),
  ).pipe(Effect.orElseSucceed(() => []))

/** Removes what dead processes said. */
export const sweep = (layout: Layout): Effect.Effect<void> =>
  Effect.flatMap(find(layout, Date.now()), (all) =>
    Effect.try(() => {
      for (const { dead, file } of all) if (dead) rmSync(file, { force: true })
    }),
  ).pipe(Effect.ignore)

/** The processes that are at work on a store. */
export const all = Effect.fnUntraced(function* (
  layout: Layout,
  now: number,
): Effect.fn.Return<ReadonlyArray<Live>, StoreError> {
  const live: Array<Live> = []
  for (const { changed, dead, file, pid } of yield* find(layout, now)) {
    if (dead || file.endsWith(".new")) continue
    const bytes = yield* readSmall(file)
    if (bytes === undefined) continue
    // One that cannot be read is believed all the same, as far as it can be.
    const said = Result.getOrElse(envelope.decode(bytes), (): typeof Announcement.Type => ({ keys: [] }))
    live.push({ pid, since: Math.min(said.since ?? changed, changed), keys: said.keys })
  }
  return live
})

/**
 * Says that this process writes to a store, until the scope closes. `keys` may
 * grow meanwhile. Never fails: a disk on which this cannot be said will refuse
 * what is to be written, too.
 */
export const announce = Effect.fnUntraced(function* (
  layout: Layout,
  keys: ReadonlySet<string>,
): Effect.fn.Return<void, never, Scope.Scope> {
  const file = path.join(layout.live, `${process.pid}-${host()}-${randomBytes(4).toString("hex")}.json`)
  let since: number | undefined
  let [told, beats] = [0, 0]
  const say = Effect.suspend(() => {
    told = keys.size
    beats = 0
    return Effect.try(() => {
      mkdirSync(layout.live, { recursive: true })
      // In one step, but not durably: after a crash there is no process that it speaks of.
      writeFileSync(`${file}.new`, envelope.encode({ keys: [...keys], ...(since === undefined ? {} : { since }) }))
      renameSync(`${file}.new`, file)
      const changed = Option.getOrUndefined(changedAt(file))
      if (changed !== undefined) since = Math.min(since ?? changed, changed)
    })
  }).pipe(Effect.ignore)
  yield* Effect.acquireRelease(say, () => Effect.ignore(Effect.try(() => rmSync(file, { force: true }))))
  const renew = Effect.suspend(() => (++beats < beat.most && keys.size === told ? Effect.void : say))
  yield* Effect.forkScoped(Effect.forever(Effect.delay(renew, beat.millis)))
})
