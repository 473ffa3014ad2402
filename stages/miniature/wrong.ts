import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Labels, Predictions } from "../tables.ts"

/**
 * The images of which the best class is none of theirs: their ids in the order
 * of the labels, each with its labels. Images without a label or without a
 * prediction are not among them. It is an error if there are none: a set
 * without images has no score.
 */
export const wrong = Effect.fnUntraced(function* (inputs: {
  readonly predictions: Reader<typeof Predictions>
  readonly labels: Reader<typeof Labels>
}) {
  const best = new Map<string, number>()
  yield* Stream.runForEach(inputs.predictions.batches, (batch) =>
    Effect.sync(() =>
      batch.id.forEach((id, i) => {
        const top = batch.top[i]?.[0]
        if (top !== undefined) best.set(id, top)
      }),
    ),
  )
  const wrong = new Map<string, Int32Array>()
  yield* Stream.runForEach(inputs.labels.batches, (batch) =>
    Effect.sync(() =>
      batch.id.forEach((id, i) => {
        const top = best.get(id)
        const labels = batch.labels[i]
        if (top !== undefined && labels !== undefined && labels.length > 0 && !labels.includes(top))
          wrong.set(id, labels)
      }),
    ),
  )
  if (wrong.size === 0) {
    return yield* new StageError({
      message: `none of the ${best.size} predictions is wrong`,
      hint: "draw a larger pool, or take a weaker reference encoder",
    })
  }
  return wrong
})
