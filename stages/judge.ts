import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Batch } from "../src/arrow/Table.ts"
import { StageError } from "../src/dsl/StageError.ts"
import type { LabelIndex } from "./labelIndex.ts"
import type { Predictions } from "./tables.ts"

/** The prediction of an image that has labels. */
export interface Judged {
  readonly id: string
  readonly labels: ReadonlyArray<number>
  /** The best classes, best first. */
  readonly top: Int32Array
  /** Where in `top` the first of the labels is, -1 where none is: 0 is a hit. */
  readonly place: number
}

/**
 * Joins predictions with labels by id, and hands on those of images that have a
 * label. Gives, for each row of labels, 1 where it has a prediction, else 0.
 *
 * Errors: predictions without a row of labels, two predictions with one id,
 * nothing that has both a prediction and a label.
 */
export const judge = Effect.fnUntraced(function* (
  predictions: Stream.Stream<Batch<typeof Predictions>, StageError>,
  index: LabelIndex,
  take: (judged: Judged) => void,
): Effect.fn.Return<Uint8Array, StageError> {
  const seen = new Uint8Array(index.rows)
  const strangers: Array<string> = []
  let strange = 0
  let images = 0
  yield* Stream.runForEach(predictions, (batch) =>
    Effect.gen(function* () {
      for (const [at, id] of batch.id.entries()) {
        const row = index.rowOf(id)
        if (row === undefined) {
          strange++
          if (strangers.length < 3) strangers.push(JSON.stringify(id))
          continue
        }
        if (seen[row] === 1) {
          return yield* new StageError({ message: `two predictions have the id ${JSON.stringify(id)}` })
        }
        seen[row] = 1
        const labels = index.labelsAt(row)
        if (labels.length === 0) continue
        images++
        const top = batch.top[at] ?? new Int32Array(0)
        take({ id, labels, top, place: top.findIndex((guess) => labels.includes(guess)) })
      }
    }),
  )
  if (strange > 0) {
    return yield* new StageError({
      message: `${strange} predictions have no row of labels, such as ${strangers.join(", ")}`,
      hint: "ids of predictions and labels must be the same; `matchLabels` puts labels under the ids of a set's images",
    })
  }
  if (images === 0) {
    return yield* new StageError({ message: "no image has both a prediction and a label: there is nothing to score" })
  }
  return seen
})
