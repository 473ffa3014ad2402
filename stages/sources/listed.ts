import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels, Manifest } from "../tables.ts"
import { some } from "./classNames.ts"
import { batchOf } from "./manifestRows.ts"

const Params = Schema.Struct({
  /**
   * What becomes of a row of labels without an image: it fails the node, or is
   * skipped; `score` then counts it among the labelled images without a prediction.
   */
  missing: Schema.Literals(["fail", "skip"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("fail"))),
})
type Params = typeof Params.Type

/**
 * Those images of a folder that a file of labels lists: the training images of a
 * set whose folder has all, say. Images without a row are left out. A row without
 * an image is an error, unless `missing: "skip"`.
 *
 * @example
 * const images = read(listed({ manifest: files({ dir: "images" }), labels: labelsCsv({ file: "train.csv" }) }))
 */
export const listed = whole("listed", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest, labels: Labels },
  output: Manifest,
  run: Effect.fnUntraced(function* ({ labels, manifest }, { missing }: Params) {
    const wanted = new Set<string>()
    yield* Stream.runForEach(labels.batches, ({ id }) => Effect.sync(() => id.forEach((one) => wanted.add(one))))
    const absent = new Set(wanted)
    yield* Stream.runForEach(manifest.batches, ({ id }) => Effect.sync(() => id.forEach((one) => absent.delete(one))))
    if (absent.size === wanted.size || (absent.size > 0 && missing === "fail")) {
      return yield* new StageError({
        message: `${absent.size} of the ${wanted.size} images that the labels list are missing: ${some(absent, 3)}`,
        hint:
          absent.size === wanted.size
            ? "ids of images are paths from the folder on; does `dir` name the folder that the list starts from?"
            : 'put them into the folder, or leave them out with `missing: "skip"`',
      })
    }
    return Stream.map(manifest.batches, ({ bytes, hash, id, offset, path }) =>
      batchOf(
        id.flatMap((one, i) =>
          wanted.has(one)
            ? [{ id: one, hash: hash[i] ?? "", bytes: bytes[i] ?? 0, path: path[i] ?? "", offset: offset[i] ?? -1 }]
            : [],
        ),
      ),
    )
  }),
})
