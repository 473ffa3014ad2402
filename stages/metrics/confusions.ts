import * as Effect from "effect/Effect"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { judge } from "../judge.ts"
import * as LabelIndex from "../labelIndex.ts"
import type { Labels, Predictions } from "../tables.ts"
import { type Counted, counted } from "./counted.ts"

/** How often images of a class are taken for another. */
export interface Confusions extends Counted {
  /** Images by label, then by best class. */
  readonly of: ReadonlyMap<number, ReadonlyMap<number, number>>
  /** Classes that are a label or a best class, in order. */
  readonly classes: ReadonlyArray<number>
}

/**
 * Counts labels against best classes. Every image needs one label: one with
 * several is an error that names it. Other errors are those of `judge`.
 */
export const confusions = Effect.fnUntraced(function* (inputs: {
  readonly predictions: Reader<typeof Predictions>
  readonly labels: Reader<typeof Labels>
}): Effect.fn.Return<Confusions, StageError> {
  const index = yield* LabelIndex.make(inputs.labels)
  const of = new Map<number, Map<number, number>>()
  const classes = new Set<number>()
  let several: string | undefined
  const seen = yield* judge(inputs.predictions.batches, index, ({ id, labels, top }) => {
    const [label] = labels
    const [guess] = top
    if (new Set(labels).size > 1) several ??= id
    if (label === undefined || guess === undefined) return
    classes.add(label).add(guess)
    const row = of.get(label) ?? new Map<number, number>()
    row.set(guess, (row.get(guess) ?? 0) + 1)
    of.set(label, row)
  })
  if (several !== undefined) {
    return yield* new StageError({
      message: `the image ${JSON.stringify(several)} has several labels: classes are told apart where each image has one`,
      hint: "take labels with one class an image; `averagePrecision` scores sets with several",
    })
  }
  return { of, classes: [...classes].sort((a, b) => a - b), ...counted(seen, index) }
})

/** Of one class: images that have it as label, as best class, as both. */
export interface ClassCount {
  readonly class: number
  readonly images: number
  readonly predicted: number
  readonly hits: number
}

/** The counts of each class, in order. */
export const classCounts = ({ classes, of }: Confusions): ReadonlyArray<ClassCount> => {
  const predicted = new Map<number, number>()
  for (const row of of.values()) {
    for (const [guess, images] of row) predicted.set(guess, (predicted.get(guess) ?? 0) + images)
  }
  return classes.map((label) => {
    const row = of.get(label) ?? new Map<number, number>()
    return {
      class: label,
      images: [...row.values()].reduce((total, images) => total + images, 0),
      predicted: predicted.get(label) ?? 0,
      hits: row.get(label) ?? 0,
    }
  })
}

/** The harmonic mean of precision and recall, 2·hits / (images + predicted). */
export const f1Of = ({ hits, images, predicted }: ClassCount): number =>
  images + predicted === 0 ? 0 : (2 * hits) / (images + predicted)
