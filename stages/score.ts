import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Batch } from "../src/arrow/Table.ts"
import { whole } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import { judge } from "./judge.ts"
import * as LabelIndex from "./labelIndex.ts"
import { Labels, Predictions, Scores } from "./tables.ts"

const Params = Schema.Struct({
  /** Names of the rows: which model was it, on which set. */
  model: Schema.NonEmptyString,
  set: Schema.NonEmptyString,
  /** What to score; `top1` and `top5` where nothing is said. */
  metrics: Schema.NonEmptyArray(Schema.Literals(["top1", "top5", "per-class"])).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed<["top1", "top5"]>(["top1", "top5"])),
  ),
  /** Added to the metrics' names: `masked` makes `top1-masked`. */
  variant: Schema.optionalKey(Schema.NonEmptyString),
})
type Params = typeof Params.Type

/** Hits among images, and labelled images that have no prediction. */
interface Count {
  readonly hits: number
  readonly images: number
  readonly skipped: number
}

/** What is counted, row by row. */
interface Tally {
  hits1: number
  hits5: number
  images: number
  /** An image of which it cannot be told whether it is a hit in the first five. */
  undecided: string | undefined
}

const tally = Effect.fnUntraced(function* (
  predictions: Stream.Stream<Batch<typeof Predictions>, StageError>,
  index: LabelIndex.LabelIndex,
) {
  /** Hits and images by class, top-1. */
  const hitsOf = new Map<number, number>()
  const imagesOf = new Map<number, number>()
  const add = (counts: Map<number, number>, label: number, by: number) =>
    counts.set(label, (counts.get(label) ?? 0) + by)
  const total: Tally = { hits1: 0, hits5: 0, images: 0, undecided: undefined }
  const seen = yield* judge(predictions, index, ({ id, labels, place, top }) => {
    total.images++
    if (place === 0) total.hits1++
    if (place >= 0 && place < 5) total.hits5++
    // With fewer than five classes kept a label among them is a hit for sure, one outside may be either.
    if (place < 0 && top.length < 5) total.undecided ??= id
    for (const label of new Set(labels)) {
      add(hitsOf, label, place === 0 ? 1 : 0)
      add(imagesOf, label, 1)
    }
  })
  const skippedOf = new Map<number, number>()
  let skipped = 0
  let unlabelled = 0
  for (const [row, has] of seen.entries()) {
    const labels = index.labelsAt(row)
    if (labels.length === 0) unlabelled++
    else if (has === 0) {
      skipped++
      for (const label of new Set(labels)) add(skippedOf, label, 1)
    }
  }
  const classes = [...imagesOf.keys()].sort((a, b) => a - b)
  const byClass = classes.map((label): readonly [number, Count] => [
    label,
    { hits: hitsOf.get(label) ?? 0, images: imagesOf.get(label) ?? 0, skipped: skippedOf.get(label) ?? 0 },
  ])
  return { ...total, skipped, unlabelled, byClass }
})

/**
 * Accuracy of a model's predictions on a set, 0..1, with the images it is over.
 *
 * - `top1`: the best class is one of the image's labels. On a set with several
 *   labels an image this is the rule of ReaL (Beyer et al. 2020).
 * - `top5`: one of the five best classes is.
 * - `per-class`: `top1` once more for every class that has images. An image
 *   with several labels counts for each of them, and is a hit for all or none.
 *
 * Images with an empty list of labels are left out and counted as `unlabelled`,
 * labelled ones without a prediction as `skipped`: with `images` they make all
 * rows of labels. A prediction without a row of labels is an error, as the ids
 * of the two do not fit; so is `top5` where too few classes were kept to tell.
 */
export const score = whole("score", {
  module: import.meta,
  params: Params,
  inputs: { predictions: Predictions, labels: Labels },
  output: Scores,
  run: Effect.fnUntraced(function* ({ predictions, labels }, { model, set, metrics, variant }: Params) {
    const index = yield* LabelIndex.make(labels)
    const found = yield* tally(predictions.batches, index)
    if (metrics.includes("top5") && found.undecided !== undefined) {
      return yield* new StageError({
        message: `top5 needs the five best classes of each image; ${JSON.stringify(found.undecided)} has fewer, and its label is none of them`,
        hint: "keep five classes or more in the predictions, or leave top5 out of `metrics`",
      })
    }
    const rows: Array<{
      readonly metric: string
      readonly class: number
      readonly unlabelled: number
      readonly count: Count
    }> = []
    const { images, skipped, unlabelled } = found
    for (const metric of new Set(metrics)) {
      if (metric === "per-class") {
        for (const [label, count] of found.byClass) rows.push({ metric: "top1", class: label, unlabelled: 0, count })
      } else {
        const hits = metric === "top1" ? found.hits1 : found.hits5
        rows.push({ metric, class: -1, unlabelled, count: { hits, images, skipped } })
      }
    }
    return {
      model: rows.map(() => model),
      set: rows.map(() => set),
      metric: rows.map(({ metric }) => (variant === undefined ? metric : `${metric}-${variant}`)),
      class: Int32Array.from(rows, (row) => row.class),
      value: Float64Array.from(rows, ({ count }) => count.hits / count.images),
      images: Int32Array.from(rows, ({ count }) => count.images),
      skipped: Int32Array.from(rows, ({ count }) => count.skipped),
      unlabelled: Int32Array.from(rows, (row) => row.unlabelled),
    }
  }),
  label: ({ model, set }) => `${model}, ${set}`,
})
