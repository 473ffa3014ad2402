/** What lies in a store. Files with other names, such as those that copying tools make on the way, are nobody's. */
import * as Effect from "effect/Effect"
import { readdirSync, type Stats, statSync } from "node:fs"
import * as path from "node:path"
import * as Hash from "../hash/Hash.ts"
import * as Layout from "./Layout.ts"
import { fromCause, isAbsent, type StoreError } from "./StoreError.ts"

/** A file of a store. Times are milliseconds since 1970. */
export interface Stored {
  /** The hash or key that it is named by; otherwise the name of the file. */
  readonly name: string
  readonly file: string
  readonly bytes: number
  /** When its content was written. Artifacts carry a seal in place of it: see {@link Stored.changed}. */
  readonly written: number
  /** When the system last saw it change in any way: when it came to be here. */
  readonly changed: number
}

/** The names in a folder, none where there is no such folder. */
export const names = (folder: string): Effect.Effect<ReadonlyArray<string>, StoreError> =>
  Effect.try({ try: () => readdirSync(folder).sort(), catch: (cause) => cause }).pipe(
    Effect.catch((cause) => (isAbsent(cause) ? Effect.succeed([]) : Effect.fail(fromCause(cause, "list", folder)))),
  )

const stored = (name: string, file: string, stats: Stats): Stored => ({
  name,
  file,
  bytes: stats.size,
  written: stats.mtimeMs,
  changed: stats.ctimeMs,
})

/** Looks at a file again: what is there now under its name. */
export const look = ({ file, name }: Pick<Stored, "file" | "name">): Effect.Effect<Stored | undefined, StoreError> =>
  Effect.try({
    try: () => statSync(file, { throwIfNoEntry: false }),
    catch: (cause) => fromCause(cause, "look at", file),
  }).pipe(Effect.map((stats) => (stats?.isFile() === true ? stored(name, file, stats) : undefined)))

/** The files of a folder, but not those of folders within it. */
export const files = Effect.fnUntraced(function* (
  folder: string,
  nameOf: (entry: string) => string | undefined = (entry) => entry,
): Effect.fn.Return<ReadonlyArray<Stored>, StoreError> {
  const found: Array<Stored> = []
  for (const entry of yield* names(folder)) {
    const name = nameOf(entry)
    const one = name === undefined ? undefined : yield* look({ name, file: path.join(folder, entry) })
    if (one !== undefined) found.push(one)
  }
  return found
})

const shelved = Effect.fnUntraced(function* (
  folder: string,
  ending: string,
): Effect.fn.Return<ReadonlyArray<Stored>, StoreError> {
  const found: Array<Stored> = []
  for (const shelf of yield* names(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shelf)) continue
    const own = yield* files(path.join(folder, shelf), (entry) => {
      const name = path.basename(entry, ending)
      return entry.endsWith(ending) && Hash.isHash(name) && Layout.shelf(name) === shelf ? name : undefined
    })
    found.push(...own)
  }
  return found
})

/** All artifacts, by their hash. */
export const artifacts = (layout: Layout.Layout) => shelved(layout.artifacts, ".arrow")

/** All actions, by their key. */
export const actions = (layout: Layout.Layout) => shelved(layout.actions, ".json")
