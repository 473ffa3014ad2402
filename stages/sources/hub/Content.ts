import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { realpath, rm, stat } from "node:fs/promises"
import { basename } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import { unwritable } from "./Place.ts"
import { Trouble } from "./Trouble.ts"

/** What a file's content must be, where that is known, and may be. */
export interface Bounds {
  /** In hex. */
  readonly sha256: string | undefined
  readonly maxBytes: number
}

/** The SHA-256 that a content goes by, where its name is one. */
export const hashIn = (name: string): string | undefined => (/^[0-9a-f]{64}$/u.test(name) ? name : undefined)

/** The SHA-256 of a file, in hex. */
export const sha256Of = (path: string): Effect.Effect<string, Trouble> =>
  Effect.tryPromise({
    try: async (signal) => {
      const hash = createHash("sha256")
      await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash, { signal })
      return hash.digest("hex")
    },
    catch: unwritable(path),
  })

/** The content is another than it should be. */
export const differs = (found: string, wanted: string, whose: string, at: string, passing = false): Trouble =>
  new Trouble({
    message: `the SHA-256 of this file is ${found}, and ${whose} says ${wanted}`,
    hint: "is it the right file and revision? It may have been replaced, or damaged on the way",
    at,
    passing,
  })

/** The file is too large. */
export const tooLarge = (bytes: number, { maxBytes }: Bounds, at: string): Trouble =>
  new Trouble({
    message: `the file has ${bytes} bytes, and no more than ${maxBytes} are asked for`,
    hint: "say maxBytes where it should be that large",
    at,
    passing: false,
  })

/**
 * Whether a downloaded file is there and as it was: not larger than allowed,
 * and with the hash that is asked for. One that a disk has damaged is removed.
 */
export const isSound = Effect.fnUntraced(function* (path: string, bounds: Bounds): Effect.fn.Return<boolean, Trouble> {
  const found = yield* Effect.tryPromise({
    try: async () => {
      const real = await realpath(path)
      return { real, size: (await stat(real)).size }
    },
    catch: unwritable(path),
  }).pipe(
    Effect.catchIf(
      ({ cause }) => cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR"),
      () => Effect.undefined,
    ),
  )
  if (found === undefined) return false
  const named = hashIn(basename(found.real))
  if (found.size > bounds.maxBytes) return yield* tooLarge(found.size, bounds, path)
  if (named === undefined && bounds.sha256 === undefined) return true
  const hash = yield* sha256Of(found.real)
  if (named !== undefined && hash !== named) {
    yield* Effect.tryPromise({ try: () => rm(found.real), catch: unwritable(found.real) })
    return false
  }
  if (bounds.sha256 !== undefined && hash !== bounds.sha256) {
    return yield* differs(hash, bounds.sha256, "the pipeline", path)
  }
  return true
})
