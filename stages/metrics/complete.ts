import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { judge } from "../judge.ts"
import * as LabelIndex from "../labelIndex.ts"
import type { Labels, Predictions } from "../tables.ts"
import { type Counted, counted } from "./counted.ts"

/** An image with a label, and the scores of all classes. */
export interface ScoredImage {
  readonly labels: ReadonlyArray<number>
  /** Classes and their scores, best first. */
  readonly top: Int32Array
  readonly score: Float32Array
}

/** Predictions that keep every class, joined with labels; they are read anew at each walk. */
export interface Complete extends Counted {
  /** The classes, in order. */
  readonly classes: ReadonlyArray<number>
  readonly walk: (take: (image: ScoredImage) => void) => Effect.Effect<void, StageError>
}

/**
 * Joins labels with predictions that keep the scores of all classes, as metrics
 * of probabilities and of whole rankings need them. Predictions that keep only
 * the best few are an error that says so; others are those of `judge`.
 */
export const complete = Effect.fnUntraced(function* (inputs: {
  readonly predictions: Reader<typeof Predictions>
  readonly labels: Reader<typeof Labels>
}): Effect.fn.Return<Complete, StageError> {
  const index = yield* LabelIndex.make(inputs.labels)
  const classes = new Set<number>()
  let wrong: string | undefined
  let least = Number.POSITIVE_INFINITY
  const seen = yield* judge(inputs.predictions.batches, index, ({ id, labels, top }) => {
    for (const label of top) classes.add(label)
    least = Math.min(least, top.length)
    if (!labels.every((label) => top.includes(label))) wrong ??= id
  })
  if (wrong !== undefined || classes.size !== least) {
    const what =
      wrong === undefined
        ? `some predictions keep ${least} classes, and ${classes.size} occur`
        : `a label of ${JSON.stringify(wrong)} is not among the classes that its prediction keeps`
    return yield* new StageError({
      message: `the scores of all classes are needed: ${what}`,
      hint: "predict with `top` as large as the number of classes",
    })
  }
  return {
    ...counted(seen, index),
    classes: [...classes].sort((a, b) => a - b),
    walk: (take) =>
      Stream.runForEach(inputs.predictions.batches, ({ id, score, top }) =>
        Effect.sync(() => {
          for (const [at, image] of id.entries()) {
            const row = index.rowOf(image)
            const labels = row === undefined ? [] : index.labelsAt(row)
            const [classes, scores] = [top[at], score[at]]
            if (labels.length === 0 || classes === undefined || scores === undefined) continue
            take({ labels, top: classes, score: scores })
          }
        }),
      ),
  }
})
