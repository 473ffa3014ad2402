import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { whole } from "../../src/dsl/Stage.ts"
import { Labels, Predictions } from "../tables.ts"
import { wrong } from "./wrong.ts"

/** The labels of the images that `misclassified` keeps. */
export const misclassifiedLabels = whole("misclassifiedLabels", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { predictions: Predictions, labels: Labels },
  output: Labels,
  run: Effect.fnUntraced(function* (inputs) {
    const found = yield* wrong(inputs)
    return { id: [...found.keys()], labels: [...found.values()] }
  }),
})
