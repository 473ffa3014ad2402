import * as Effect from "effect/Effect"
import type { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import { patternsOf } from "./patterns.ts"
import type { SetOutcomes } from "./SetOutcomes.ts"

/** How many images of a set every two models get right together. */
export interface Contingency {
  readonly set: string
  readonly models: ReadonlyArray<string>
  readonly images: number
  /** `[models, models]`: images that both get right; on the diagonal those that one does. */
  readonly both: Float32Array
}

/** How many images each model of a set gets right. */
export const hitsOf = ({ both, models }: Contingency): ReadonlyArray<number> =>
  models.map((_, model) => both[model * (models.length + 1)] ?? 0)

/** How many images only the first and only the second of two models gets right. */
export const only = ({ both, models }: Contingency, a: number, b: number): readonly [onlyA: number, onlyB: number] => {
  const shared = both[a * models.length + b] ?? 0
  return [(both[a * (models.length + 1)] ?? 0) - shared, (both[b * (models.length + 1)] ?? 0) - shared]
}

/** Counts how every two models of a set agree: one matrix product. Errors: 2^24 images and more. */
export const contingency = Effect.fnUntraced(function* (
  set: SetOutcomes,
): Effect.fn.Return<Contingency, StageError, Cores> {
  const models = set.models.length
  const { columns, images, sizes, width } = patternsOf([set])
  // Counts are whole numbers, and float32 holds those up to here exactly.
  if (images >= 2 ** 24) return yield* new StageError({ message: `${set.set} has too many images: ${images}` })
  const patterns = sizes.length
  const g = Graph.make("contingency")
  const right = g.input("right", "float32", [patterns, width])
  const images1 = g.input("sizes", "float32", [patterns, 1])
  const both = g.op("MatMul", [g.op("Transpose", [right]), g.op("Mul", [right, images1])])
  g.output("both", both, "float32", [width, width])
  const counted = Effect.gen(function* () {
    const engine = yield* open(yield* g.bytes, {
      failure: `the outcomes on ${set.set} cannot be counted`,
      work: patterns * width * width,
    })
    const feeds = {
      right: Tensor.float32([patterns, width], columns),
      sizes: Tensor.float32([patterns, 1], Float32Array.from(sizes)),
    }
    return (yield* engine.run(feeds, { both: "float32" })).both.data
  })
  const all = yield* Effect.scoped(counted)
  const square = new Float32Array(models * models)
  for (let model = 0; model < models; model++) {
    square.set(all.subarray(model * width, model * width + models), model * models)
  }
  return { set: set.set, models: set.models, images, both: square }
})
