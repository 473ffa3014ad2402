import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { open } from "node:fs/promises"
import xxhash from "xxhash-wasm"

// Names the recipe: whoever changes it changes the prefix, and no old hash is mistaken for a new one.
const prefix = "x1"
const seeds = [0n, 0x9e3779b97f4a7c15n] as const
// Bytes are handed over in pieces, as the wasm memory grows to the largest and never shrinks.
const piece = 1 << 20

const wasm = await xxhash()

/**
 * A file could not be read to its end. `code` is the system's (`ENOENT`,
 * `EACCES`, …), empty where it gave none; `reason` is what it said.
 */
export class HashError extends Schema.TaggedError<HashError>()("HashError", {
  message: Schema.String,
  file: Schema.String,
  code: Schema.String,
  reason: Schema.String,
}) {}

/** A hash in the making. */
export interface Hasher {
  /** Adds bytes, or text as its UTF-8 bytes. Where one update ends and the next begins makes no difference. */
  update(bytes: Uint8Array | string): void
  /** The hash of all that was added so far; more may be added afterwards. */
  digest(): string
}

const hex = (value: bigint) => value.toString(16).padStart(16, "0")

/** A hash of bytes that come in pieces. */
export const hasher = (): Hasher => {
  const [one, two] = [wasm.create64(seeds[0]), wasm.create64(seeds[1])]
  const add = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.byteLength; at += piece) {
      const part = bytes.subarray(at, at + piece)
      one.update(part)
      two.update(part)
    }
  }
  return {
    update: (bytes) => add(typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes),
    digest: () => prefix + hex(one.digest()) + hex(two.digest()),
  }
}

/**
 * The hash of some bytes: `x1` and 32 hex digits, two xxHash64 under different
 * seeds. It detects change; it is no defence against someone who forges files.
 */
export const ofBytes = (bytes: Uint8Array): string => {
  if (bytes.byteLength <= piece) {
    return prefix + hex(wasm.h64Raw(bytes, seeds[0])) + hex(wasm.h64Raw(bytes, seeds[1]))
  }
  const hash = hasher()
  hash.update(bytes)
  return hash.digest()
}

/** The hash of a text's UTF-8 bytes. */
export const ofText = (text: string): string =>
  text.length * 3 <= piece
    ? prefix + hex(wasm.h64(text, seeds[0])) + hex(wasm.h64(text, seeds[1]))
    : ofBytes(Buffer.from(text, "utf8"))

/** A 32-bit unsigned hash of a text, to draw shard borders with. Not for names of files. */
export const small = (text: string): number => wasm.h32(text, 0)

/** Whether a text has the form of a hash. */
export const isHash = (text: string): boolean => /^x1[0-9a-f]{32}$/.test(text)

const toError = (file: string) => (cause: unknown) => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
  return new HashError({ message: `cannot read ${file}: ${reason}`, file, code, reason })
}

/** The hash of a file's content and its size in bytes. Reads 1 MB at a time: the next one while this one is hashed. */
export const ofFile = (path: string): Effect.Effect<{ readonly hash: string; readonly bytes: number }, HashError> =>
  Effect.acquireUseRelease(
    Effect.tryPromise({ try: () => open(path, "r"), catch: toError(path) }),
    (handle) =>
      Effect.tryPromise({
        try: async (signal) => {
          const { size } = await handle.stat()
          if (size <= piece >> 2) {
            const all = await handle.readFile()
            return { hash: ofBytes(all), bytes: all.length }
          }
          const hash = hasher()
          // No more than the file needs: thousands of small ones are hashed in a row.
          const room = Math.max(1, Math.min(piece, size + 1))
          let [current, next] = [Buffer.allocUnsafe(room), Buffer.allocUnsafe(room)]
          let bytes = 0
          let { bytesRead } = await handle.read(current, 0, room)
          while (bytesRead > 0 && !signal.aborted) {
            const ahead = handle.read(next, 0, room)
            hash.update(current.subarray(0, bytesRead))
            bytes += bytesRead
            ;[current, next] = [next, current]
            ;({ bytesRead } = await ahead)
          }
          return { hash: hash.digest(), bytes }
        },
        catch: toError(path),
      }),
    (handle) => Effect.promise(() => handle.close()).pipe(Effect.ignore),
  )
