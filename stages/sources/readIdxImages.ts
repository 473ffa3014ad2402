import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Schema from "effect/Schema"
import { each } from "../../src/dsl/Stage.ts"
import { Images, Manifest } from "../tables.ts"
import { asListed } from "./asListed.ts"
import { readIdx } from "./idx.ts"
import { tiffOf } from "./tiff.ts"

/** A file stays in memory this long after the last image was taken from it. */
const idle = "10 seconds"

/** Reads the images that `idxFiles` lists, each as an uncompressed grey TIFF, so that `decode` takes them as any other. */
export const readIdxImages = each("readIdxImages", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { manifest: Manifest },
  output: Images,
  over: "manifest",
  persist: "never",
  open: Effect.fnUntraced(function* (_) {
    const files = yield* RcMap.make({ lookup: readIdx, idleTimeToLive: idle })
    return (row) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { header, bytes } = yield* RcMap.get(files, row.path)
          const [, height = 0, width = 0] = header.shape
          const pixels = yield* asListed(row, bytes.subarray(row.offset, row.offset + row.bytes))
          return { id: row.id, bytes: tiffOf({ height, width, channels: 1 }, pixels) }
        }),
      )
  }),
})
