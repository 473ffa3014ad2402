import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { each } from "../../src/dsl/Stage.ts"
import { Images, Manifest } from "../tables.ts"
import { asListed } from "./asListed.ts"
import { fileParts } from "./fileParts.ts"
import { interleaved, type Raw, tiffOf } from "./tiff.ts"

const raw: Raw = { height: 32, width: 32, channels: 3 }

/** Reads the images that `cifarFiles` lists, each as an uncompressed TIFF, so that `decode` takes them as any other. */
export const readCifar = each("readCifar", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { manifest: Manifest },
  output: Images,
  over: "manifest",
  persist: "never",
  open: Effect.fnUntraced(function* (_) {
    const part = yield* fileParts
    return (row) =>
      Effect.gen(function* () {
        const planes = yield* asListed(row, yield* part(row))
        return { id: row.id, bytes: tiffOf(raw, interleaved(raw, planes)) }
      })
  }),
})
