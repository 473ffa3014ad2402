import { open, readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Schema from "effect/Schema"
import type { Row } from "../../src/arrow/Table.ts"
import { each } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { Images, Manifest } from "../tables.ts"
import { vanished } from "./paths.ts"

/** A file with many images stays open this long after the last one was read. */
const idle = "10 seconds"

const changed = (file: string, id: string) =>
  new StageError({
    message: `the image ${JSON.stringify(id)} is not what it was when the images were listed: its file changed during the run`,
    hint: "run again once whatever writes the file has finished",
    file,
  })

/**
 * Reads the images that a manifest lists: all of a file, or the bytes from an
 * offset of a file that holds many (a tar, an Arrow file), which is opened once.
 * What is read is compared with the manifest's hash; an image that differs is a
 * `StageError` that names the file.
 */
export const read = each("read", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { manifest: Manifest },
  output: Images,
  over: "manifest",
  persist: "never",
  open: Effect.fnUntraced(function* () {
    const handles = yield* RcMap.make({
      lookup: (path: string) =>
        Effect.acquireRelease(
          Effect.tryPromise({ try: () => open(path, "r"), catch: (cause) => vanished(path, cause) }),
          (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
        ),
      idleTimeToLive: idle,
    })
    // Bytes at an offset are read through a handle of Node: Effect's moves one position along for all readers.
    const part = Effect.fnUntraced(function* ({ path, offset, bytes }: Row<typeof Manifest>) {
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

    const whole = ({ path }: Row<typeof Manifest>) =>
      Effect.tryPromise({ try: () => readFile(path), catch: (cause) => vanished(path, cause) })

    return (row) =>
      Effect.gen(function* () {
        const bytes = yield* row.offset < 0 ? whole(row) : part(row)
        if (bytes.length !== row.bytes || Hash.ofBytes(bytes) !== row.hash) return yield* changed(row.path, row.id)
        return { id: row.id, bytes }
      })
  }),
})
