import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Labels, Predictions, Scores } from "../tables.ts"
import { classCounts, confusions, f1Of } from "./confusions.ts"
import { naming } from "./params.ts"
import { scoreRows } from "./scoreRows.ts"

const Params = Schema.Struct(naming)
type Params = typeof Params.Type

const mean = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + value, 0) / values.length

/**
 * Scores in which every class counts alike, however many images it has:
 *
 * - `mean-class`: the mean of the classes' accuracies, over classes with images
 *   (scikit-learn's `balanced_accuracy_score`).
 * - `macro-f1`: the mean of the classes' F1, over classes that are a label or a
 *   best class somewhere; a class without images that something is taken for
 *   counts 0 (`f1_score(average="macro")`).
 *
 * Every image needs one label. Images without one, and labelled ones without a
 * prediction, are counted as in `score`.
 *
 * @example
 * classScores({ predictions, labels }, { model: "dino", set: "caltech" })
 */
export const classScores = whole("classScores", {
  module: import.meta,
  params: Params,
  inputs: { predictions: Predictions, labels: Labels },
  output: Scores,
  run: Effect.fnUntraced(function* (inputs, params: Params) {
    const found = yield* confusions(inputs)
    const { images, skipped, unlabelled } = found
    const counts = classCounts(found)
    const recalls = counts.flatMap(({ hits, images }) => (images === 0 ? [] : [hits / images]))
    const all = { class: -1, images, skipped, unlabelled }
    return scoreRows(params, [
      { ...all, metric: "mean-class", value: mean(recalls) },
      { ...all, metric: "macro-f1", value: mean(counts.map(f1Of)) },
    ])
  }),
  label: ({ model, set }) => `${model}, ${set}`,
})
