import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Node } from "../../src/dsl/Node.ts"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Listing } from "../sources/imageFolder.ts"
import { read } from "../sources/read.ts"
import { Labels, Manifest } from "../tables.ts"

const picked = whole("pick", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { manifest: Manifest, labels: Labels },
  output: Manifest,
  run: Effect.fnUntraced(function* ({ labels, manifest }) {
    const labelled = new Set<string>()
    yield* Stream.runForEach(labels.batches, (batch) =>
      Effect.sync(() => {
        for (const [row, id] of batch.id.entries()) if ((batch.labels[row]?.length ?? 0) > 0) labelled.add(id)
      }),
    )
    let kept = 0
    yield* Stream.runForEach(manifest.batches, ({ id }) =>
      Effect.sync(() => {
        for (const image of id) if (labelled.has(image)) kept++
      }),
    )
    if (kept === 0) {
      return yield* new StageError({
        message: `none of the ${manifest.rows} images has a label (${labelled.size} ids have one)`,
        hint: "ids of images and labels must be the same; `matchLabels` puts labels under the ids of a set's images",
      })
    }
    return manifest.batches.pipe(
      Stream.map(({ bytes, hash, id, offset, path }) => {
        const rows = id.flatMap((image, row) => (labelled.has(image) ? [row] : []))
        const texts = (values: ReadonlyArray<string>) => rows.map((row) => values[row] ?? "")
        const numbers = (values: Float64Array) => Float64Array.from(rows, (row) => values[row] ?? 0)
        return { id: texts(id), hash: texts(hash), bytes: numbers(bytes), path: texts(path), offset: numbers(offset) }
      }),
      Stream.filter(({ id }) => id.length > 0),
    )
  }),
})

/**
 * A set of the images that have a label, in the set's order: only they are read
 * and decoded. With `subset`, `fewShot`, `classLimited` or `onlyClasses` this
 * makes a smaller set; where all images are extracted anyway, limiting the
 * labels is enough. It is an error where no image has a label.
 *
 * An image added to the set touches the shard that it falls into and, where it
 * takes the place of another, that one's.
 *
 * After a folder has moved, the set is picked once more, as it says where images
 * lie; what stands on the images stays fresh.
 *
 * @example
 * const all = imageFolder({ dir: "data/inat21" })
 * const small = pick(all, subset(folderLabels(all.manifest), { images: 50_000 }))
 */
export const pick = <Set extends { readonly manifest: Node<typeof Manifest> }>(
  set: Set,
  labels: Node<typeof Labels>,
): Set & Listing & { readonly labels: Node<typeof Labels> } => {
  const manifest = picked({ manifest: set.manifest, labels })
  return { ...set, manifest, images: read(manifest), labels }
}
