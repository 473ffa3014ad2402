import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Batch } from "../../../src/arrow/Table.ts"
import type { Reader } from "../../../src/dsl/Stage.ts"
import { StageError } from "../../../src/dsl/StageError.ts"
import type { Pixels } from "../../tables.ts"
import { random } from "../../random.ts"

/** Square cut-outs of images. */
export interface Patches {
  readonly count: number
  /** Numbers in a patch: 3 x window x window. */
  readonly width: number
  /** `[count, width]`, each patch by channel, then row by row, in 0..1. */
  readonly data: Float32Array
}

interface Options {
  /** Pixels along a side of a patch. */
  readonly window: number
  /** At most so many patches are cut out, so memory does not grow with the data set. */
  readonly most: number
  readonly seed: number
}

/**
 * Patches cut out at random places, evenly from all images, or one each from
 * some where there are more images than patches wanted. Where an image is cut
 * is drawn from the seed and its id: other images change nothing about it.
 */
export const samplePatches = Effect.fnUntraced(function* (
  pixels: Reader<typeof Pixels>,
  { most, seed, window }: Options,
): Effect.fn.Return<Patches, StageError> {
  const width = 3 * window * window
  const each = Math.max(1, Math.floor(most / Math.max(1, pixels.rows)))
  const chance = Math.min(1, most / Math.max(1, pixels.rows))
  const data = new Float32Array(most * width)
  let count = 0

  const cut = (batch: Batch<typeof Pixels>): Effect.Effect<void, StageError> => {
    const [height = 0, across = 0] = batch.pixels.shape
    if (height < window || across < window) {
      const message = `patches of ${window} x ${window} do not fit into images of ${height} x ${across}`
      return Effect.fail(new StageError({ message, hint: "preprocess to a larger size" }))
    }
    batch.id.forEach((id, row) => {
      const { below, chance: taken } = random(`patches/${seed}/${id}`)
      if (!taken(chance)) return
      for (let n = 0; n < each && count < most; n++, count++) {
        const corner = (row * height + below(height - window + 1)) * across + below(across - window + 1)
        for (let i = 0; i < width; i++) {
          const [channel, y, x] = [Math.floor(i / (window * window)), Math.floor(i / window) % window, i % window]
          data[count * width + i] = (batch.pixels.data[(corner + y * across + x) * 3 + channel] ?? 0) / 255
        }
      }
    })
    return Effect.void
  }
  yield* Stream.runForEach(pixels.batches, cut)
  if (count === 0) {
    return yield* new StageError({ message: "there are no images to learn from", hint: "the training set is empty" })
  }
  return { count, width, data: data.subarray(0, count * width) }
})
