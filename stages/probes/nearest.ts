import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Cores } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { combined, type NearestRows, none } from "./NearestRows.ts"
import { areUnit, mergeGraph, queryGraph, type Sides } from "./nearestGraphs.ts"
import { open } from "./numeric.ts"
import { type Normaliser, shortest } from "./normalise.ts"
import type { Problem } from "./Problem.ts"
import type { Search } from "./Search.ts"
import { shared } from "./shared.ts"

/**
 * Finds the neighbours of queries `[queries, width]`, nearer by the cosine, or by
 * minus the Euclidean distance; hears how many training rows they were compared with.
 */
export type Find = (
  queries: Float32Array,
  heard: (rows: number) => Effect.Effect<void>,
) => Effect.Effect<NearestRows, StageError, Cores>

/** Queries, and numbers of training features, that meet in one product: those that processors multiply fastest. */
const most = { queries: 1024, numbers: 2 ** 22 }

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
 * Rows of a block: so many that those who share the blocks end at about the same
 * time, and many more than are kept, as each block is sorted into those again.
 */
const blockSize = ({ rows, width }: Problem, depth: number, sharers: number): number => {
  const usual = Math.max(most.numbers / width, 20 * depth)
  const blocks = Math.ceil(rows / usual / sharers) * sharers
  return Math.ceil(rows / Math.max(1, blocks))
}

/** What is looked for. */
export interface Wish extends Pick<Search, "depth" | "metric"> {
  /** How many queries are looked up at once, at most. */
  readonly queries: number
}

/**
 * Prepares a search among a problem's rows: exact, and with all of the training
 * rows in memory or block by block from the shards. One search at a time.
 */
export const nearest = Effect.fnUntraced(function* (
  problem: Problem,
  { metric, ...wish }: Wish,
  { queries: ofQueries, training }: Sides,
): Effect.fn.Return<Find, StageError, Cores | Scope.Scope> {
  const { features, rows, width } = problem
  const depth = Math.min(wish.depth, rows)
  const failure = "the neighbours cannot be found"
  // A look at what is in memory takes a hundredth of a search; from the shards it would take as long as reading them.
  const unit = metric === "cosine" && features.resident !== undefined && (yield* areUnit(problem, training))
  const compare = yield* open(yield* mergeGraph(problem, training, { depth, metric, unit }).bytes, {
    failure,
    side: true,
    work: wish.queries * Math.min(rows * width, most.numbers),
  })
  const size = blockSize(problem, depth, compare.copies)
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
    yield* compare.hold({ queries: Tensor.float32([parts, together, width], prepared) })
    // Each finds the nearest of the blocks that it comes to, which rise: what it found before has the lower rows.
    const free = yield* Queue.unbounded<NearestRows>()
    yield* Queue.offerAll(
      free,
      Array.from({ length: compare.copies }, () => none(padded * depth)),
    )
    let compared = 0
    yield* features.blocks(size).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ({ block, start }) {
          const dims = [parts, together, depth]
          const before = yield* Queue.take(free)
          const { found, merged } = yield* compare.run(
            {
              features: block,
              start: Tensor.int32([], [start]),
              best: Tensor.float32(dims, before.similarity),
              which: Tensor.int32(dims, before.rows),
            },
            { merged: "float32", found: "int32" },
          )
          yield* Queue.offer(free, { rows: found.data, similarity: merged.data })
          compared += block.dims[0] ?? 0
          yield* heard(compared)
        }),
        { concurrency: compare.copies, unordered: true },
      ),
      Stream.runDrain,
    )
    const all = (yield* Queue.takeAll(free)).reduce((some, others) => combined(some, others, depth))
    const best = all.similarity.subarray(0, count * depth)
    const squares = squaresOf(prepared.subarray(0, count * width), width)
    const similarity = best.map((near, at) => {
      const square = squares[Math.floor(at / depth)] ?? 0
      if (metric === "cosine") return near / Math.max(Math.sqrt(square), shortest)
      const distance = square - 2 * near
      return distance <= rounding * square ? 0 : -Math.sqrt(distance)
    })
    return { rows: all.rows.subarray(0, count * depth), similarity }
  })
})
