import * as Effect from "effect/Effect"
import type { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import { patternsOf } from "./patterns.ts"
import type { SetOutcomes } from "./SetOutcomes.ts"

/** How outcomes go together on the images of some sets. */
export interface Together {
  readonly sets: ReadonlyArray<SetOutcomes>
  /** Images that the first model gets right on the first set and the second on the second. */
  readonly both: (set: number, model: number, other: number, otherModel: number) => number
  /** Images of both sets that a model gets right on the first; of the model `models.length`, all of both sets. */
  readonly within: (set: number, model: number, other: number) => number
}

/** Counts on sets that may share images, by id: one matrix product. Errors: 2^24 images and more. */
export const together = Effect.fnUntraced(function* (
  sets: ReadonlyArray<SetOutcomes>,
): Effect.fn.Return<Together, StageError, Cores> {
  const { columns, images, sizes, width } = patternsOf(sets)
  const patterns = sizes.length
  // Counts are whole numbers, and float32 holds those up to here exactly.
  if (images >= 2 ** 24) {
    return yield* new StageError({ message: `${sets.map(({ set }) => set).join(", ")}: ${images} images are too many` })
  }
  const g = Graph.make("together")
  const right = g.input("right", "float32", [patterns, width])
  const weights = g.input("weights", "float32", [patterns, 1])
  const both = g.op("MatMul", [g.op("Transpose", [right]), g.op("Mul", [right, weights])])
  g.output("both", both, "float32", [width, width])
  const counted = Effect.gen(function* () {
    const engine = yield* open(yield* g.bytes, {
      failure: "the outcomes cannot be counted",
      work: patterns * width * width,
    })
    const feeds = {
      right: Tensor.float32([patterns, width], columns),
      weights: Tensor.float32([patterns, 1], Float32Array.from(sizes)),
    }
    return (yield* engine.run(feeds, { both: "float32" })).both.data
  })
  const counts = yield* Effect.scoped(counted)
  const each = width / sets.length
  const at = (set: number, model: number) => set * each + model
  return {
    sets,
    both: (set, model, other, otherModel) => counts[at(set, model) * width + at(other, otherModel)] ?? 0,
    within: (set, model, other) => counts[at(set, model) * width + at(other, each - 1)] ?? 0,
  }
})
