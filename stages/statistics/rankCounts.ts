import * as Effect from "effect/Effect"
import type { Batch } from "../../src/arrow/Table.ts"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import type { Drawing } from "./bootstrap.ts"
import type { RankProbabilities } from "./tables.ts"

// Numbers sorted in a run, and rows of a batch of the table.
const portion = 2 ** 20
const most = 65_536

/**
 * Counts how often each model has each rank in draws of a value a model, the
 * highest first; equal values share the best rank. `draw` hands on `[rows,
 * models]`. Gives `[models, ranks]`, rank 1 first.
 */
export const countRanks = Effect.fnUntraced(function* <R>(
  models: number,
  draw: Drawing<R>,
): Effect.fn.Return<Uint32Array, StageError, R | Cores> {
  const g = Graph.make("ranks")
  const values = g.input("values", "float32", ["rows", models])
  const [sorted, which] = g.ops("TopK", [values, g.constant(Tensor.int64([1], [models]))], { axis: 1 }, 2)
  g.output("sorted", sorted, "float32", ["rows", models])
  g.output("which", g.op("Cast", [which], { to: 6 }), "int32", ["rows", models])
  const counts = new Uint32Array(models * models)
  const step = Math.max(1, Math.floor(portion / models))
  const counted = Effect.gen(function* () {
    // Sorting costs some multiplications a number.
    const engine = yield* open(yield* g.bytes, { failure: "models cannot be ranked", work: portion * 16 })
    yield* draw(({ accuracies, rows }) =>
      Effect.gen(function* () {
        for (let start = 0; start < rows; start += step) {
          const end = Math.min(start + step, rows)
          const some = new Float32Array(accuracies.subarray(start * models, end * models))
          const found = yield* engine.run(
            { values: Tensor.float32([end - start, models], some) },
            { sorted: "float32", which: "int32" },
          )
          for (let row = 0; row < end - start; row++) {
            let rank = 0
            for (let place = 0; place < models; place++) {
              const at = row * models + place
              if (place === 0 || found.sorted.data[at] !== found.sorted.data[at - 1]) rank = place
              const cell = (found.which.data[at] ?? 0) * models + rank
              counts[cell] = (counts[cell] ?? 0) + 1
            }
          }
        }
      }),
    )
  })
  yield* Effect.scoped(counted)
  return counts
})

/** Rows of `RankProbabilities` of a set, by bootstrap: model by model, the ranks that occur. */
export const probabilityRows = function* (
  set: string,
  models: ReadonlyArray<string>,
  counts: Uint32Array,
  resamples: number,
): Generator<Batch<typeof RankProbabilities>> {
  const cells: Array<number> = []
  for (let cell = 0; cell < counts.length; cell++) if (counts[cell] !== 0) cells.push(cell)
  for (let start = 0; start < cells.length; start += most) {
    const some = cells.slice(start, start + most)
    yield {
      source: some.map(() => "bootstrap"),
      set: some.map(() => set),
      model: some.map((cell) => models[Math.floor(cell / models.length)] ?? ""),
      rank: Int32Array.from(some, (cell) => (cell % models.length) + 1),
      probability: Float64Array.from(some, (cell) => (counts[cell] ?? 0) / resamples),
    }
  }
}
