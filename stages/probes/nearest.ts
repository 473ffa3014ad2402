import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { areUnit, mergeGraph, queryGraph, type Sides } from "./nearestGraphs.ts"
import { open } from "./numeric.ts"
import { type Normaliser, shortest } from "./normalise.ts"
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
const most = { queries: 1024, numbers: 2 ** 23 }

/** As a share of a row's square: what is left of a distance that is none when float32 has added it up. */
const rounding = 2e-6

const wanted = { rows: "float32" } as const

/** The sum of squares of each row. */
const squaresOf = (rows: Float32Array, width: number): Float64Array => {
  const squares = new Float64Array(rows.length / width)
  for (let row = 0, at = 0; row < squares.length; row++) {
    let sum = 0
    for (const end = at + width; at < end; at++) sum += (rows[at] ?? 0) ** 2
    squares[row] = sum
  }
  return squares
}

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
  // A look at what is in memory takes a hundredth of a search; from the shards it would take as long as reading them.
  const unit = metric === "cosine" && features.resident !== undefined && (yield* areUnit(problem, training))
  const prepare = Effect.fnUntraced(function* (queries: Float32Array, into: Float32Array, side: Normaliser) {
    const engine = yield* open(yield* queryGraph(width, side).bytes, { failure, work: most.queries * width })
    for (let from = 0; from < queries.length; from += most.queries * width) {
      const block = queries.subarray(from, from + most.queries * width)
      const made = yield* engine.run({ features: Tensor.float32([block.length / width, width], block) }, wanted)
      into.set(made.rows.data, from)
    }
  })

  return Effect.fnUntraced(function* (queries, heard) {
    const count = queries.length / width
    const parts = Math.max(1, Math.ceil(count / most.queries))
    const together = Math.max(1, Math.ceil(count / parts))
    const padded = parts * together
    const prepared = ofQueries === undefined && padded === count ? queries : shared(padded * width)
    if (ofQueries !== undefined) yield* Effect.scoped(prepare(queries, prepared, ofQueries))
    else if (prepared !== queries) prepared.set(queries)
    let best: Float32Array = new Float32Array(padded * depth).fill(-Infinity)
    let which: Int32Array = new Int32Array(padded * depth).fill(-1)
    const search = Effect.gen(function* () {
      const graph = mergeGraph(problem, training, { depth, metric, together, unit })
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
    const squares = squaresOf(prepared.subarray(0, count * width), width)
    const similarity = best.map((near, at) => {
      const square = squares[Math.floor(at / depth)] ?? 0
      if (metric === "cosine") return near / Math.max(Math.sqrt(square), shortest)
      const distance = square - 2 * near
      return distance <= rounding * square ? 0 : -Math.sqrt(distance)
    })
    return { rows: which, similarity }
  })
})
