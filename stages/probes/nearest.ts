import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { mergeGraph, queryGraph, type Sides } from "./nearestGraphs.ts"
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

/** Queries, and numbers of training features, that meet in one product: those that processors multiply fastest. */
const most = { queries: 1024, numbers: 2 ** 24 }

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
  const size = Math.max(1, Math.floor(most.numbers / width))
  const failure = "the neighbours cannot be found"
  const prepare = yield* open(yield* queryGraph(width, ofQueries).bytes, { failure, work: most.queries * width })

  return Effect.fnUntraced(function* (queries, heard) {
    const count = queries.length / width
    const parts = Math.max(1, Math.ceil(count / most.queries))
    const together = Math.max(1, Math.ceil(count / parts))
    const padded = parts * together
    const prepared = shared(padded * width)
    const squares = new Float32Array(padded)
    for (let from = 0; from < count; from += together) {
      const to = Math.min(count, from + together)
      const block = Tensor.float32([to - from, width], queries.subarray(from * width, to * width))
      const made = yield* prepare.run({ features: block }, { rows: "float32", squares: "float32" })
      prepared.set(made.rows.data, from * width)
      squares.set(made.squares.data, from)
    }
    let best: Float32Array = new Float32Array(padded * depth).fill(-Infinity)
    let which: Int32Array = new Int32Array(padded * depth).fill(-1)
    const search = Effect.gen(function* () {
      const graph = mergeGraph(problem, training, { depth, metric, together })
      const compare = yield* open(yield* graph.bytes, { failure, work: padded * Math.min(size, rows) * width })
      yield* compare.hold({ queries: Tensor.float32([parts, together, width], prepared) })
      yield* Stream.runForEach(
        features.blocks(size),
        Effect.fnUntraced(function* ({ block, start }) {
          const dims = [parts, together, depth]
          const { found, merged } = yield* compare.run(
            {
              features: block,
              start: Tensor.int32([], [start]),
              best: Tensor.float32(dims, best),
              which: Tensor.int32(dims, which),
            },
            { merged: "float32", found: "int32" },
          )
          best = merged.data
          which = found.data
          yield* heard(start + (block.dims[0] ?? 0))
        }),
      )
    })
    yield* Effect.scoped(search)
    best = best.subarray(0, count * depth)
    which = which.subarray(0, count * depth)
    if (metric === "cosine") return { rows: which, similarity: best }
    const similarity = best.map((near, at) => {
      const square = squares[Math.floor(at / depth)] ?? 0
      const distance = square - 2 * near
      return distance <= rounding * square ? 0 : -Math.sqrt(distance)
    })
    return { rows: which, similarity }
  })
})
