import { createHash, randomUUID } from "node:crypto"
import { copyFile, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises"
import { dirname, join, relative } from "node:path"
import * as Effect from "effect/Effect"
import { Trouble } from "./Trouble.ts"

/**
 * Where the files of a repository are kept: as Hugging Face's own tools keep
 * them (`hub/docs/local-cache` describes it), so that what one has downloaded
 * is there for the other.
 */
export interface Place {
  readonly root: string
  /** Contents, each under its ETag. */
  readonly blob: (etag: string) => string
  /** Files as they are called at a commit: links to contents. */
  readonly snapshot: (commit: string, file: string) => string
  /** The commit that a branch or tag was last seen at. */
  readonly ref: (revision: string) => string
}

// A hub's ETags are hashes; another server's may be anything.
const nameOf = (etag: string) =>
  /^\w[\w.-]{0,69}$/u.test(etag) ? etag : `etag-${createHash("sha256").update(etag).digest("hex")}`

/** The place of a repository (`owner/name`) in a folder of downloads. */
export const make = (folder: string, repository: string): Place => {
  const root = join(folder, `models--${repository.replaceAll("/", "--")}`)
  return {
    root,
    blob: (etag) => join(root, "blobs", nameOf(etag)),
    snapshot: (commit, file) => join(root, "snapshots", commit, file),
    ref: (revision) => join(root, "refs", revision),
  }
}

/** Whether a revision is the full hash of a commit, which always means the same files. */
export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/u.test(revision)

/** A file or folder of the downloads cannot be written or read. */
export const unwritable =
  (at: string) =>
  (cause: unknown): Trouble => {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    const full = code === "ENOSPC" || code === "EDQUOT"
    return new Trouble({
      message: full
        ? "the disk is full"
        : `cannot keep the download: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: full
        ? "make room and run again: what has arrived is kept; HF_HUB_CACHE names another folder"
        : "HF_HUB_CACHE names a folder that you may write to",
      at,
      passing: false,
      cause,
    })
  }

const attempt = (at: string, act: () => Promise<void>) => Effect.tryPromise({ try: act, catch: unwritable(at) })

// Under a name of its own first, so that nobody ever sees half of it.
const inOneStep = async (target: string, make: (draft: string) => Promise<void>) => {
  await mkdir(dirname(target), { recursive: true })
  const draft = `${target}.${randomUUID()}.tmp`
  try {
    await make(draft)
    await rename(draft, target)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Gives a content its name at a commit. */
export const link = (snapshot: string, blob: string): Effect.Effect<void, Trouble> =>
  attempt(snapshot, () =>
    inOneStep(snapshot, (draft) =>
      // Where there are no links (on some disks, and for most users of Windows) a copy does.
      symlink(relative(dirname(snapshot), blob), draft).catch(() => copyFile(blob, draft)),
    ),
  )

/** The commit that a branch or tag was last seen at by whoever downloaded from it, if anyone has. */
export const lastSeen = (ref: string): Effect.Effect<string | undefined> =>
  Effect.tryPromise(() => readFile(ref, "utf8")).pipe(
    Effect.map((text) => (isCommit(text.trim()) ? text.trim() : undefined)),
    Effect.catch(() => Effect.undefined),
  )

/** Takes note of the commit of a branch or tag of which a file is here. */
export const see = Effect.fnUntraced(function* (ref: string, commit: string) {
  if ((yield* lastSeen(ref)) === commit) return
  yield* attempt(ref, () => inOneStep(ref, (draft) => writeFile(draft, commit)))
})
