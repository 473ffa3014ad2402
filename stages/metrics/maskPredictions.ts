import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Node } from "../../src/dsl/Node.ts"
import { rows, whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { Labels, Predictions } from "../tables.ts"
import { ClassNumbers } from "./tables.ts"

const Params = Schema.Struct({
  /** How many of the best classes are kept. */
  top: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
})
type Params = typeof Params.Type

// A table of its own: it stays the same when an image is added, and with it what is masked.
const occurring = whole("classesOf", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { labels: Labels },
  output: ClassNumbers,
  run: Effect.fnUntraced(function* ({ labels }) {
    const found = new Set<number>()
    yield* Stream.runForEach(labels.batches, (batch) =>
      Effect.sync(() => {
        for (const own of batch.labels) for (const label of own) found.add(label)
      }),
    )
    if (found.size === 0) return yield* new StageError({ message: "no image has a label: the set has no classes" })
    return { class: Int32Array.from(found).sort() }
  }),
})

const masked = rows("maskPredictions", {
  module: import.meta,
  params: Params,
  inputs: { predictions: Predictions, classes: ClassNumbers },
  output: Predictions,
  over: "predictions",
  open: Effect.fnUntraced(function* ({ classes }, { top: most }: Params) {
    const mask = new Set((yield* classes.all).class)
    return Effect.fnUntraced(function* ({ id, score, top }) {
      const places: Array<ReadonlyArray<number>> = []
      for (const [row, own] of top.entries()) {
        const kept = [...own.keys()].filter((place) => mask.has(own[place] ?? -1))
        if (kept.length < mask.size) {
          return yield* new StageError({
            message: `the prediction of ${id[row] ?? ""} keeps ${kept.length} of the set's ${mask.size} classes`,
            hint: "predict with `top` as large as the number of classes",
          })
        }
        places.push(kept.slice(0, most))
      }
      return {
        id,
        top: places.map((kept, row) => Int32Array.from(kept, (place) => top[row]?.[place] ?? 0)),
        score: places.map((kept, row) => Float32Array.from(kept, (place) => score[row]?.[place] ?? 0)),
        rank: new Int32Array(id.length),
      }
    })
  }),
})

/**
 * Predictions among the classes that a set has, which are those of its labels:
 * the others are left out before the best are taken, as the code of ImageNet-R
 * and ImageNet-A does with 200 classes of 1000. Scores of these predictions are
 * another metric: give `score` the `variant: "masked"`.
 *
 * Does what `mask` of `predict` does where the classes are not written down but
 * read with the labels. The predictions must keep all classes of the set
 * (`predict` with `top` as large as the number of classes); `rank` is 0.
 *
 * @example
 * score({ predictions: maskPredictions({ predictions, labels }), labels }, { model, set, variant: "masked" })
 */
export const maskPredictions = (
  { labels, predictions }: { readonly predictions: Node<typeof Predictions>; readonly labels: Node<typeof Labels> },
  params: Parameters<typeof masked>[1] = {},
): Node<typeof Predictions> => masked({ predictions, classes: occurring(labels) }, params)
