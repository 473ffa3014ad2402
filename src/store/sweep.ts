import * as Effect from "effect/Effect"
import { unlinkSync } from "node:fs"
import * as path from "node:path"
import { syncFolder } from "./folders.ts"
import * as Inventory from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import * as Live from "./Live.ts"
import { type Doomed, held, type Marked } from "./mark.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

const atOnce = 16

/**
 * Removes a file that is still as it was. False where it has changed or gone.
 * At once after the look, and without waiting: who wants the file anew touches it.
 */
const remove = Effect.fnUntraced(function* ({ stored }: Doomed): Effect.fn.Return<boolean, StoreError> {
  const found = yield* Inventory.look(stored)
  if (found?.changed !== stored.changed || found.bytes !== stored.bytes) return false
  return yield* Effect.try({ try: () => unlinkSync(stored.file), catch: (cause) => cause }).pipe(
    Effect.as(true),
    Effect.catch((cause) =>
      isAbsent(cause) ? Effect.succeed(false) : Effect.fail(fromCause(cause, "remove", stored.file)),
    ),
  )
})

const removeAll = Effect.fnUntraced(function* (
  all: ReadonlyArray<Doomed>,
): Effect.fn.Return<ReadonlyArray<Doomed>, StoreError> {
  const removed = yield* Effect.forEach(all, (one) => Effect.map(remove(one), (done) => (done ? [one] : [])), {
    concurrency: atOnce,
  })
  const folders = new Set(removed.flat().map(({ stored }) => path.dirname(stored.file)))
  yield* Effect.forEach(
    folders,
    (folder) =>
      Effect.tryPromise({ try: () => syncFolder(folder), catch: (cause) => fromCause(cause, "sync", folder) }),
    { concurrency: atOnce, discard: true },
  )
  return removed.flat()
})

/** The artifacts of actions that have come, changed or stayed since they were marked. */
const spared = Effect.fnUntraced(function* (
  layout: Layout,
  { doomed, seen }: Marked,
): Effect.fn.Return<ReadonlySet<string>, StoreError> {
  const marked = new Set(doomed.filter(({ kind }) => kind === "action").map(({ stored }) => stored.name))
  const unknown = (yield* Inventory.actions(layout)).filter(
    ({ changed, name }) => marked.has(name) || seen.get(name) !== changed,
  )
  const all = yield* Effect.forEach(unknown, held)
  return new Set(all.flatMap((one) => [...(one?.refs ?? [])]))
})

/**
 * Removes what was marked, and gives what it has removed. What has changed since
 * stays, and so does whatever a process needs that has begun since. Actions go
 * before artifacts, durably: however it ends, no action is without its artifact.
 */
export const sweep = Effect.fn("Store.sweep")(function* (
  layout: Layout,
  marked: Marked,
  now: number,
): Effect.fn.Return<ReadonlyArray<Doomed>, StoreError> {
  const inUse = new Set((yield* Live.all(layout, now)).flatMap(({ keys }) => keys))
  const of = (kind: "action" | "artifact") => marked.doomed.filter((one) => one.kind === kind)
  const actions = yield* removeAll(of("action").filter(({ stored }) => !inUse.has(stored.name)))
  const needed = yield* spared(layout, marked)
  const artifacts = yield* removeAll(of("artifact").filter(({ stored }) => !needed.has(stored.name)))
  const rest = yield* removeAll(marked.doomed.filter(({ kind }) => kind !== "action" && kind !== "artifact"))
  return [...actions, ...artifacts, ...rest]
})
