import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { rm } from "node:fs/promises"
import * as path from "node:path"
import { readSmall, writeSmall } from "./Actions.ts"
import * as Envelope from "./envelope.ts"
import { names } from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import { RunRecord } from "./RunRecord.ts"
import * as Runs from "./Runs.ts"
import { fromCause, isAbsent, StoreError } from "./StoreError.ts"

/** A run that was given a name: whatever it used is kept until the name is taken away. */
export const Pin = Schema.Struct({
  name: Schema.String,
  /** The run's id, as `Runs` has it. */
  run: Schema.String,
  /** ISO 8601. */
  pinned: Schema.String,
  /** A copy, so that the pin holds when the record itself is gone. */
  record: RunRecord,
})
export type Pin = typeof Pin.Type

const envelope = Envelope.make(Pin)

/** Whether a text can be the name of a pin: letters, digits, dots, dashes and underlines, at most 100 of them. */
export const isName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text)

const fileOf = (layout: Layout, name: string) => path.join(layout.pins, `${name}.json`)

const damaged = (name: string, file: string, reason: string) =>
  new StoreError({
    kind: "damaged",
    message: `the name ${name} of a run cannot be read: ${reason}`,
    file,
    hint: `pin the run again (pipeline pin ${name} RUN), or remove the name (pipeline pin --remove ${name})`,
  })

/** All pins by name. A damaged one is an error: what it keeps would be lost without a word. */
export const all = Effect.fnUntraced(function* (layout: Layout): Effect.fn.Return<ReadonlyArray<Pin>, StoreError> {
  const pins: Array<Pin> = []
  for (const entry of yield* names(layout.pins)) {
    const name = path.basename(entry, ".json")
    const file = path.join(layout.pins, entry)
    const bytes = entry.endsWith(".json") && isName(name) ? yield* readSmall(file) : undefined
    if (bytes === undefined) continue
    const decoded = envelope.decode(bytes)
    if (Result.isSuccess(decoded)) pins.push({ ...decoded.success, name })
    else yield* damaged(name, file, decoded.failure)
  }
  return pins
})

/** Gives a run a name; a former run of that name loses it. */
export const pin = Effect.fnUntraced(function* (
  layout: Layout,
  name: string,
  { id, record }: Runs.Recorded,
): Effect.fn.Return<void, StoreError> {
  const pinned = new Date(yield* Clock.currentTimeMillis).toISOString()
  yield* writeSmall(layout, fileOf(layout, name), envelope.encode({ name, run: id, pinned, record }))
})

/** Takes a name away. False where no run has it. */
export const remove = (layout: Layout, name: string): Effect.Effect<boolean, StoreError> => {
  const file = fileOf(layout, name)
  return Effect.tryPromise({ try: () => rm(file), catch: (cause) => cause }).pipe(
    Effect.as(true),
    Effect.catch((cause) => (isAbsent(cause) ? Effect.succeed(false) : Effect.fail(fromCause(cause, "remove", file)))),
  )
}

/**
 * The runs that a text may mean: the one of that name, or else those whose id
 * begins with it, the latest first.
 */
export const find = Effect.fnUntraced(function* (
  layout: Layout,
  text: string,
): Effect.fn.Return<ReadonlyArray<Runs.Recorded>, StoreError> {
  const named = (yield* all(layout)).find(({ name }) => name === text)
  if (named !== undefined) return [{ id: named.run, record: named.record }]
  const runs = yield* Runs.make(layout).last(Number.POSITIVE_INFINITY)
  const exact = runs.filter(({ id }) => id === text)
  return exact.length > 0 || text === "" ? exact : runs.filter(({ id }) => id.startsWith(text))
})
