import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { each } from "../../src/dsl/Stage.ts"
import { Images, Manifest } from "../tables.ts"
import { asListed } from "./asListed.ts"
import { fileParts } from "./fileParts.ts"
import { vanished } from "./paths.ts"

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
  open: Effect.fnUntraced(function* (_) {
    const part = yield* fileParts
    const whole = (path: string) =>
      Effect.tryPromise({ try: () => readFile(path), catch: (cause) => vanished(path, cause) })
    return (row) =>
      Effect.gen(function* () {
        const bytes = yield* row.offset < 0 ? whole(row.path) : part(row)
        return { id: row.id, bytes: yield* asListed(row, bytes) }
      })
  }),
})
