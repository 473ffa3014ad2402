import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { mergeGraph, queryGraph, type Sides, trainingGraph } from "./nearestGraphs.ts"
import { open } from "./numeric.ts"
import type { Problem } from "./Problem.ts"
import type { Search } from "./Search.ts"
import { shared } from "./shared.ts"

/** Neighbours of some rows, nearest first. */
export interface Nearest {
  /** `[queries, depth]`: places among the labelled training rows. */
  readonly rows: Int32Array
  /** `[queries, depth]`: the cosine, or minus the Euclidean distance. */
  readonly similarity: Float32Array
}

/** Finds the neighbours of queries `[queries, width]`; hears how many training rows they were compared with. */
export type Find = (
  queries: Float32Array,
  heard: (rows: number) => Effect.Effect<void>,
) => Effect.Effect<Nearest, StageError, Cores>

/** Queries and numbers of training features that meet in one product: its result is some 70 MB. */
const together = { queries: 2048, rows: 8192, numbers: 2 ** 24 }

/** As a share of a row's square: what is left of a distance that is none when float32 has added it up. */
const rounding = 2e-6

/**
 * Prepares a search among a problem's rows: exact, and with all of the training
 * rows in memory or block by block from the shards.
 */
export const nearest = Effect.fnUntraced(function* (
  problem: Problem,
  { metric, ...search }: Pick<Search, "depth" | "metric">,
  { queries: ofQueries, training }: Sides,
): Effect.fn.Return<Find, StageError, Cores | Scope.Scope> {
  const { features, rows, width } = problem
  const depth = Math.min(search.depth, rows)
  const size = Math.max(1, Math.min(together.rows, Math.floor(together.numbers / width)))
  const failure = "the neighbours cannot be found"
  const prepare = yield* open(yield* queryGraph(width, ofQueries).bytes, { failure, work: together.queries * width })
  const work = Math.min(size, rows) * width * together.queries
  const rowsOf = yield* open(yield* trainingGraph(problem, training).bytes, { failure, work: size * width })
  const compare = yield* open(yield* mergeGraph(width, { depth, metric }).bytes, { failure, work })

  return Effect.fnUntraced(function* (queries, heard) {
    const count = queries.length / width
    const prepared = shared(queries.length)
    const squares = new Float32Array(count)
    const best = new Float32Array(count * depth).fill(-Infinity)
    const which = new Int32Array(count * depth).fill(-1)
    const parts = Array.from({ length: Math.ceil(count / together.queries) }, (_, i) => {
      const from = i * together.queries
      return { from, to: Math.min(count, from + together.queries) }
    })
    for (const { from, to } of parts) {
      const block = Tensor.float32([to - from, width], queries.subarray(from * width, to * width))
      const made = yield* prepare.run({ features: block }, { rows: "float32", squares: "float32" })
      prepared.set(made.rows.data, from * width)
      squares.set(made.squares.data, from)
    }
    yield* Stream.runForEach(
      features.blocks(size),
      Effect.fnUntraced(function* ({ block, start }) {
        const { halves, rows } = yield* rowsOf.run({ features: block }, { rows: "float32", halves: "float32" })
        const first = Tensor.int32([], [start])
        yield* compare.hold(metric === "cosine" ? { rows, start: first } : { rows, halves, start: first })
        for (const { from, to } of parts) {
          const dims = [to - from, depth]
          const [low, high] = [from * depth, to * depth]
          const { found, merged } = yield* compare.run(
            {
              queries: Tensor.float32([to - from, width], prepared.subarray(from * width, to * width)),
              best: Tensor.float32(dims, best.slice(low, high)),
              which: Tensor.int32(dims, which.slice(low, high)),
            },
            { merged: "float32", found: "int32" },
          )
          best.set(merged.data, low)
          which.set(found.data, low)
        }
        yield* heard(start + (block.dims[0] ?? 0))
      }),
    )
    if (metric === "cosine") return { rows: which, similarity: best }
    const similarity = best.map((near, at) => {
      const square = squares[Math.floor(at / depth)] ?? 0
      const distance = square - 2 * near
      return distance <= rounding * square ? 0 : -Math.sqrt(distance)
    })
    return { rows: which, similarity }
  })
})
