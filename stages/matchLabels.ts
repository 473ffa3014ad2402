import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import { Labels, Manifest } from "./tables.ts"

const Params = Schema.Struct({
  /** What must agree: the whole id, the file's name, or its name without the ending; the last where nothing is said. */
  by: Schema.Literals(["id", "name", "stem"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("stem"))),
  /** What becomes of an image without a row of labels. */
  missing: Schema.Literals(["fail", "unlabelled"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("fail"))),
})
type Params = typeof Params.Type

const ending = /\.(?:jpe?g|png|webp|gif|tiff?|svg|bmp|avif)$/iu

const keyOf = (id: string, by: Params["by"]): string => {
  if (by === "id") return id
  const name = id.slice(id.lastIndexOf("/") + 1)
  return by === "name" ? name : name.replace(ending, "")
}

/**
 * Labels for just the images of a set, under their ids: for a file of labels
 * that covers more images, or calls them otherwise. ReaL's labels, say, know
 * `ILSVRC2012_val_00000293`, and the set `n01440764/ILSVRC2012_val_00000293.JPEG`.
 * Rows keep the set's order. Two images or two labels that go by one name are an error.
 *
 * @example
 * matchLabels({ manifest: validation, labels: labelsJson({ file: "real.json", ids: "ILSVRC2012_val_{i+1:08d}" }) })
 */
export const matchLabels = whole("matchLabels", {
  module: import.meta,
  params: Params,
  inputs: { manifest: Manifest, labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* ({ manifest, labels }, { by, missing }: Params) {
    const wanted = new Map<string, string>()
    yield* Stream.runForEach(manifest.batches, ({ id: ids }) =>
      Effect.gen(function* () {
        for (const id of ids) {
          const other = wanted.get(keyOf(id, by))
          if (other !== undefined) {
            const message = `the images ${JSON.stringify(other)} and ${JSON.stringify(id)} have the same ${by}`
            return yield* new StageError({ message, hint: "match labels by `id`, or by `name` if only endings differ" })
          }
          wanted.set(keyOf(id, by), id)
        }
      }),
    )
    const found = new Map<string, Int32Array>()
    yield* Stream.runForEach(labels.batches, (batch) =>
      Effect.gen(function* () {
        for (const [row, id] of batch.id.entries()) {
          const key = keyOf(id, by)
          if (!wanted.has(key)) continue
          if (found.has(key))
            return yield* new StageError({ message: `two rows of labels have the ${by} ${JSON.stringify(key)}` })
          found.set(key, Int32Array.from(batch.labels[row] ?? []))
        }
      }),
    )
    const without = [...wanted.keys()].filter((key) => !found.has(key))
    if (missing === "fail" && without.length > 0) {
      const few = without.slice(0, 3).map((key) => JSON.stringify(key))
      return yield* new StageError({
        message: `${without.length} of ${wanted.size} images have no row of labels, such as ${few.join(", ")}`,
        hint: 'give `missing: "unlabelled"` to leave them without a label',
      })
    }
    return Stream.map(manifest.batches, ({ id }) => ({
      id,
      labels: id.map((image) => found.get(keyOf(image, by)) ?? new Int32Array(0)),
    }))
  }),
})
