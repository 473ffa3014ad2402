import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs"
import { join, sep } from "node:path"
import { StageError } from "../../src/dsl/StageError.ts"
import { unreadable } from "./paths.ts"

/** A file below a folder: its path from there, with `/` between, and its full path. */
export interface Found {
  readonly id: string
  readonly path: string
}

interface Rules {
  readonly isImage: (name: string) => boolean
  /** The folder that links may not leave, or undefined where they may. */
  readonly within: string | undefined
}

interface Entry {
  readonly name: string
  readonly path: string
  /** The real path of a folder, undefined for a file. */
  readonly folder: string | undefined
}

const attempt = <A>(path: string, run: () => A): A => {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof StageError) throw cause
    throw cause instanceof Error && "code" in cause && cause.code === "ELOOP"
      ? circle(path, "")
      : unreadable(path, cause)
  }
}

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(folder + sep)

const circle = (path: string, to: string) =>
  new StageError({ message: `this link leads in a circle${to}`, hint: "remove it", file: path })

const throughLink = (name: string, path: string, above: ReadonlyArray<string>, rules: Rules): Entry | undefined => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) {
    // Whatever its name: it may have been a folder of images.
    throw new StageError({ message: "this link leads nowhere", hint: "mend it or remove it", file: path })
  }
  if (!stats.isDirectory() && !(stats.isFile() && rules.isImage(name))) return undefined
  const real = attempt(path, () => realpathSync(path))
  if (rules.within !== undefined && !isWithin(real, rules.within)) {
    throw new StageError({
      message: `this link leaves the folder: it leads to ${real}`,
      hint: "set `follow: true` to follow such links",
      file: path,
    })
  }
  if (!stats.isDirectory()) return { name, path, folder: undefined }
  if (above.some((folder) => isWithin(folder, real))) {
    throw circle(path, `: to ${real}`)
  }
  return { name, path, folder: real }
}

const entryOf = (entry: Dirent, at: string, above: ReadonlyArray<string>, rules: Rules): Entry | undefined => {
  const { name } = entry
  if (name.startsWith(".")) return undefined
  const path = join(at, name)
  if (entry.isSymbolicLink()) return attempt(path, () => throughLink(name, path, above, rules))
  if (entry.isDirectory()) return { name, path, folder: join(above.at(-1) ?? at, name) }
  return entry.isFile() && rules.isImage(name) ? { name, path, folder: undefined } : undefined
}

// A folder sorts as if its name ended in a slash, so that all ids come out sorted.
const sortKey = ({ name, folder }: Entry) => (folder === undefined ? name : `${name}/`)

function* below(at: string, prefix: string, above: ReadonlyArray<string>, rules: Rules): Generator<Found> {
  const entries = attempt(at, () => readdirSync(at, { withFileTypes: true }))
    .flatMap((entry) => entryOf(entry, at, above, rules) ?? [])
    .map((entry) => ({ ...entry, key: sortKey(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  for (const { name, path, folder } of entries) {
    if (folder === undefined) yield { id: prefix + name, path }
    else yield* below(path, `${prefix}${name}/`, [...above, folder], rules)
  }
}

/**
 * The image files below a folder, in order of id by
 * code unit. Hidden files and folders are left out. Links are followed, but
 * one that leaves the folder (unless `follow`), leads in a circle or nowhere
 * throws a `StageError` that names it, as does whatever cannot be read.
 *
 * Folders are listed synchronously, one when its first file is asked for: 1 µs
 * a file, of which a caller takes some at a time.
 */
export function* walk(
  root: string,
  options: { readonly isImage: (name: string) => boolean; readonly follow: boolean },
): Generator<Found> {
  const real = attempt(root, () => realpathSync(root))
  yield* below(root, "", [real], { isImage: options.isImage, within: options.follow ? undefined : real })
}
