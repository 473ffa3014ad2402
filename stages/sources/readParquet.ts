import * as Cache from "effect/Cache"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Schema from "effect/Schema"
import { each } from "../../src/dsl/Stage.ts"
import { Images, Manifest } from "../tables.ts"
import { asListed } from "./asListed.ts"
import { imageIn, openParquet } from "./parquet.ts"

/** How many row groups are held: neighbours in a manifest are neighbours in a file. */
const held = 3

/** Reads the images that `parquetFiles` lists. A row group is read at once and held while its images are asked for. */
export const readParquet = each("readParquet", {
  module: import.meta,
  params: Schema.Struct({
    /** Column of the encoded images. */
    image: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("image"))),
  }),
  inputs: { manifest: Manifest },
  output: Images,
  over: "manifest",
  persist: "never",
  open: Effect.fnUntraced(function* (_, { image }) {
    const files = yield* RcMap.make({ lookup: openParquet, idleTimeToLive: "10 seconds" })
    const groups = yield* Cache.make({
      capacity: held,
      lookup: (name: string) =>
        Effect.scoped(
          Effect.gen(function* () {
            const border = name.indexOf(" ")
            const parquet = yield* RcMap.get(files, name.slice(border + 1))
            const group = Number(name.slice(0, border))
            const start = parquet.borders[group] ?? 0
            return { start, cells: yield* parquet.cells(image, start, parquet.borders[group + 1] ?? start) }
          }),
        ),
    })
    return (row) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { borders } = yield* RcMap.get(files, row.path)
          const group = borders.findLastIndex((start) => start <= row.offset)
          const { start, cells } = yield* Cache.get(groups, `${group} ${row.path}`)
          const bytes = imageIn(cells[row.offset - start])?.bytes ?? new Uint8Array()
          return { id: row.id, bytes: yield* asListed(row, bytes) }
        }),
      )
  }),
})
