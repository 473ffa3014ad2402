import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { optional, rows } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { Features, Labels, Predictions, Probe } from "../tables.ts"
import { open } from "./numeric.ts"
import { chosenProbe, nobody, predictParams, ranker } from "./ranker.ts"

/** Predictions of a probe that takes features: see `predict`. */
export const predictFeatures = rows("predict", {
  module: import.meta,
  params: Schema.Struct(predictParams),
  inputs: { probe: Probe, features: Features, labels: optional(Labels) },
  output: Predictions,
  over: "features",
  environment: Session.environmentOnDevice,
  open: Effect.fnUntraced(function* (inputs, params) {
    const probe = yield* chosenProbe(inputs.probe, params.variant)
    const rank = yield* ranker(inputs.labels, probe.classes, params)
    // A linear probe multiplies once a weight and row: some 64 rows' worth.
    const scoring = yield* open(probe.onnx, { failure: "the probe cannot be run", work: probe.onnx.length * 16 })
    return Effect.fnUntraced(function* ({ features, id }) {
      if (id.length === 0) return nobody
      const width = features.shape.reduce((product, side) => product * side, 1)
      if (width !== probe.width) {
        return yield* new StageError({
          message: `the probe was fitted on ${probe.width} features, and these rows have ${width}`,
          hint: "fit and predict with features of one encoder",
        })
      }
      const { scores } = yield* scoring.run(
        { features: Tensor.float32([id.length, width], features.data) },
        { scores: "float32" },
      )
      return yield* rank(id, scores)
    })
  }),
})
