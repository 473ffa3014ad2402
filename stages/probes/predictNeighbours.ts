import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { optional, rows } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { Neighbours } from "../neighbours.ts"
import { Labels, Predictions, Probe } from "../tables.ts"
import { open } from "./numeric.ts"
import { chosenProbe, nobody, predictParams, ranker } from "./ranker.ts"

const joined = (lists: ReadonlyArray<Float32Array>): Float32Array => {
  const depth = lists[0]?.length ?? 0
  const all = new Float32Array(lists.length * depth)
  for (const [row, list] of lists.entries()) all.set(list, row * depth)
  return all
}

/** Predictions of a probe whose neighbours vote: see `predict`. */
export const predictNeighbours = rows("predict", {
  module: import.meta,
  params: Schema.Struct(predictParams),
  inputs: { probe: Probe, neighbours: Neighbours, labels: optional(Labels) },
  output: Predictions,
  over: "neighbours",
  environment: Session.environment,
  open: Effect.fnUntraced(function* (inputs, params) {
    const probe = yield* chosenProbe(inputs.probe, params.variant)
    const rank = yield* ranker(inputs.labels, probe.classes, params)
    const voting = yield* open(probe.onnx, { failure: "the neighbours' votes cannot be counted", work: 0 })
    return Effect.fnUntraced(function* ({ id, label, similarity }) {
      if (id.length === 0) return nobody
      const dims = [id.length, label[0]?.length ?? 0]
      const { scores } = yield* voting.run(
        {
          similarity: Tensor.float32(dims, joined(similarity)),
          labels: Tensor.int32(
            dims,
            label.flatMap((list) => [...list]),
          ),
        },
        { scores: "float32" },
      )
      return yield* rank(id, scores)
    })
  }),
})
