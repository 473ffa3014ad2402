import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { readdirSync, statSync } from "node:fs"
import * as path from "node:path"
import type { Action } from "./Action.ts"
import { decode, readSmall, refsOf } from "./Actions.ts"
import * as Inventory from "./Inventory.ts"
import type { Layout } from "./Layout.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"
import * as Version from "./Version.ts"

/** What some results take. An artifact that several actions hold is counted once, with the first of them. */
export interface Share {
  readonly name: string
  readonly actions: number
  readonly artifacts: number
  readonly bytes: number
}

/** What the files of a folder take. */
export interface Folder {
  readonly name: string
  readonly files: number
  readonly bytes: number
}

/** What a store takes on the disk, in bytes of content. */
export interface Usage {
  /** By stage, the largest first. */
  readonly stages: ReadonlyArray<Share>
  /** By whose results they are, the largest first; what is nobody's is not among them. */
  readonly subjects: ReadonlyArray<Share>
  /** Artifacts that no action holds: left by a crash, or by someone who removed actions. */
  readonly loose: Folder
  /** All that is no result. */
  readonly rest: ReadonlyArray<Folder>
  readonly bytes: number
}

// The first of the names that stand in brackets behind the stage; a node without any is its own subject.
const subjectOf = ({ node }: Action): string => /\(([^;)]*)/.exec(node)?.[1]?.split(", ")[0] ?? node

interface Measured {
  readonly action: Action | undefined
  readonly artifacts: number
  readonly bytes: number
}

const shares = (
  all: ReadonlyArray<Measured>,
  nameOf: (action: Action | undefined) => string | undefined,
): ReadonlyArray<Share> =>
  [...Map.groupBy(all, ({ action }) => nameOf(action))]
    .flatMap(([name, own]) => (name === undefined ? [] : [{ name, own }]))
    .map(({ name, own }) => ({
      name,
      actions: own.length,
      artifacts: own.reduce((sum, one) => sum + one.artifacts, 0),
      bytes: own.reduce((sum, one) => sum + one.bytes, 0),
    }))
    .toSorted((a, b) => b.bytes - a.bytes)

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** All files below a folder. */
const below = (name: string, folder: string): Effect.Effect<Folder, StoreError> =>
  Effect.try({
    try: () => {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      const bytes = files.reduce((sum, entry) => sum + sizeOf(path.join(entry.parentPath, entry.name)), 0)
      return { name, files: files.length, bytes }
    },
    catch: (cause) => cause,
  }).pipe(
    Effect.catch((cause) =>
      isAbsent(cause)
        ? Effect.succeed({ name, files: 0, bytes: 0 })
        : Effect.fail(fromCause(cause, "look into", folder)),
    ),
  )

/**
 * What a store takes on the disk. `role` is the name of an input: whatever fills
 * it anywhere is a subject, and all that is named after it counts as its.
 */
export const usage = Effect.fn("Store.usage")(function* (
  layout: Layout,
  role: string,
): Effect.fn.Return<Usage, StoreError> {
  yield* Version.check(layout)
  const artifacts = new Map((yield* Inventory.artifacts(layout)).map((stored) => [stored.name, stored.bytes]))
  const measured: Array<Measured> = []
  for (const stored of yield* Inventory.actions(layout)) {
    const content = yield* readSmall(stored.file)
    if (content === undefined) continue
    const action = Result.getOrElse(decode(stored.name, content), () => undefined)
    let [count, bytes] = [0, stored.bytes]
    for (const { hash } of action === undefined ? [] : refsOf(action)) {
      const size = artifacts.get(hash)
      if (size === undefined) continue
      artifacts.delete(hash)
      count++
      bytes += size
    }
    measured.push({ action, artifacts: count, bytes })
  }
  const subjects = new Set(
    measured.flatMap(({ action }) => (action?.parts.inputs[role] === undefined ? [] : [subjectOf(action)])),
  )
  const ofSubject = (action: Action | undefined) => {
    const subject = action === undefined ? undefined : subjectOf(action)
    return subject !== undefined && subjects.has(subject) ? subject : undefined
  }
  const stages = shares(measured, (action) => action?.parts.stage ?? "unreadable actions")
  const loose = {
    name: "artifacts without an action",
    files: artifacts.size,
    bytes: [...artifacts.values()].reduce((a, b) => a + b, 0),
  }
  const named = {
    aside: layout.aside,
    tmp: layout.tmp,
    runs: layout.runs,
    pins: layout.pins,
    memo: layout.memos,
    live: layout.live,
  }
  const folders = yield* Effect.forEach(Object.entries(named), ([name, folder]) => below(name, folder))
  const all = yield* below("all", layout.root)
  const counted = [...stages, loose, ...folders].reduce((sum, { bytes }) => sum + bytes, 0)
  const files = measured.length + stages.reduce((sum, stage) => sum + stage.artifacts, 0) + loose.files
  const other = {
    name: "other files",
    files: Math.max(0, all.files - files - folders.reduce((sum, folder) => sum + folder.files, 0)),
    bytes: Math.max(0, all.bytes - counted),
  }
  return {
    stages,
    subjects: shares(measured, ofSubject),
    loose,
    rest: [...folders, other],
    bytes: counted + other.bytes,
  }
})
