import { open } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import { vanished } from "./paths.ts"

/** A file with many images stays open this long after the last one was read. */
const idle = "10 seconds"

/** A place in a file. */
export interface Part {
  readonly path: string
  readonly offset: number
  readonly bytes: number
}

/**
 * Reads parts of files, each of which is opened once as long as it is in use.
 * A file that ends early gives fewer bytes.
 */
export const fileParts = Effect.gen(function* () {
  const handles = yield* RcMap.make({
    lookup: (path: string) =>
      Effect.acquireRelease(
        Effect.tryPromise({ try: () => open(path, "r"), catch: (cause) => vanished(path, cause) }),
        (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
      ),
    idleTimeToLive: idle,
  })
  // Bytes at an offset are read through a handle of Node: Effect's moves one position along for all readers.
  return Effect.fnUntraced(function* ({ path, offset, bytes }: Part) {
    const handle = yield* RcMap.get(handles, path)
    const buffer = new Uint8Array(bytes)
    let done = 0
    while (done < bytes) {
      const { bytesRead } = yield* Effect.tryPromise({
        try: () => handle.read(buffer, done, bytes - done, offset + done),
        catch: (cause) => vanished(path, cause),
      })
      if (bytesRead === 0) break
      done += bytesRead
    }
    return buffer.subarray(0, done)
  }, Effect.scoped)
})
