import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Cores } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { open } from "../probes/numeric.ts"
import { Draws } from "./Draws.ts"
import { patternsOf } from "./patterns.ts"
import type { SetOutcomes } from "./SetOutcomes.ts"

/** Some of the resamples of a bootstrap, one after another. */
export interface Resamples {
  /** The first one's place among all. */
  readonly start: number
  readonly rows: number
  /**
   * `[rows, models, sets]`: the accuracy (0..1) of each model on each set, in
   * the order of the sets and of their models. Valid until `take` returns.
   */
  readonly accuracies: Float64Array
}

/** What hands on all resamples, some at a time. */
export type Drawing<R> = (
  take: (some: Resamples) => Effect.Effect<void, StageError>,
) => Effect.Effect<void, StageError, R>

/** How often images are resampled, and under which name they are drawn. */
export interface Resampling {
  readonly resamples: number
  readonly seed: number
}

// Counts that enter a run of the product: 8 MB, a few milliseconds.
const portion = 2 ** 21
// From this many images on it is quicker to draw a pattern's count at once than image by image.
const heavy = 24
// A set of fewer images, drawn among others, may go without any by chance; with so many it happens once in 10^21.
const scarce = 48
// Sums of counts are whole numbers, and float32 holds those up to here exactly.
const mostImages = 2 ** 24

/**
 * Sets in groups of those that share images by id, so that no image is in two
 * groups. Sets whose images only happen to have the same ids are put together
 * too; that makes nothing wrong, as their outcomes then are not correlated.
 */
export const groupsOf = (sets: ReadonlyArray<SetOutcomes>): ReadonlyArray<ReadonlyArray<SetOutcomes>> => {
  const groupOf = sets.map((_, at) => at)
  const setOf = new Map<string, number>()
  for (const [at, { ids }] of sets.entries()) {
    for (const id of ids) {
      const group = groupOf[setOf.get(id) ?? at]
      if (group !== undefined && group !== groupOf[at]) {
        const from = groupOf[at]
        for (const [other, its] of groupOf.entries()) if (its === from) groupOf[other] = group
      }
      setOf.set(id, at)
    }
  }
  return [...new Set(groupOf)].map((group) => sets.filter((_, at) => groupOf[at] === group))
}

/** What draws and multiplies the resamples of one group of sets. */
interface Source {
  readonly sets: ReadonlyArray<SetOutcomes>
  readonly patterns: number
  /** `[rows, width]` sums of the columns of `Patterns` over the next resamples. */
  readonly next: (rows: number) => Effect.Effect<Float32Array, StageError>
}

/** The columns of `Patterns` that say whether a set has the images, set by set. */
const presences = (sets: ReadonlyArray<SetOutcomes>): ReadonlyArray<number> => {
  let end = -1
  return sets.map(({ hits }) => (end += hits.length + 1))
}

const sourceOf = Effect.fnUntraced(function* (
  sets: ReadonlyArray<SetOutcomes>,
  seed: number,
): Effect.fn.Return<Source, StageError, Cores | Scope.Scope> {
  const { columns, images, sizes, width } = patternsOf(sets)
  const patterns = sizes.length
  const names = sets.map(({ set }) => set)
  if (images >= mostImages) {
    return yield* new StageError({
      message: `${names.join(", ")}: ${images} images cannot be resampled, only up to ${mostImages - 1}`,
    })
  }
  const draws = new Draws(`bootstrap/${seed}/${names.join("/")}`)
  const heavies = sizes.findIndex((size) => size < heavy)
  const large = heavies < 0 ? patterns : heavies
  let rest = 0
  for (let pattern = large; pattern < patterns; pattern++) rest += sizes[pattern] ?? 0
  const kinds = new Uint32Array(rest)
  for (let pattern = large, at = 0; pattern < patterns; pattern++) {
    kinds.fill(pattern, at, at + (sizes[pattern] ?? 0))
    at += sizes[pattern] ?? 0
  }
  // A multinomial count, exactly: large patterns one by one, each binomial given those before it, then single images.
  const drawOnce = (counts: Float32Array, offset: number) => {
    let [left, among] = [images, images]
    for (let pattern = 0; pattern < large && left > 0; pattern++) {
      const size = sizes[pattern] ?? 0
      const count = draws.binomial(left, size / among)
      counts[offset + pattern] = count
      left -= count
      among -= size
    }
    if (rest > 0) draws.tally(kinds, left, counts, offset)
  }
  // The patterns of each set that a draw might miss.
  const few = presences(sets).flatMap((column, at) => {
    const size = sets[at]?.ids.length ?? 0
    if (size >= Math.min(scarce, images)) return []
    return [[...sizes.keys()].filter((pattern) => columns[pattern * width + column] === 1)]
  })
  const draw = (counts: Float32Array, offset: number) => {
    drawOnce(counts, offset)
    while (few.some((of) => of.every((pattern) => counts[offset + pattern] === 0))) {
      counts.fill(0, offset, offset + patterns)
      drawOnce(counts, offset)
    }
  }

  const g = Graph.make("bootstrap")
  const counts = g.input("counts", "float32", ["resamples", patterns])
  const weights = g.input("columns", "float32", [patterns, width])
  g.output("sums", g.op("MatMul", [counts, weights]), "float32", ["resamples", width])
  const engine = yield* open(yield* g.bytes, { failure: "images cannot be resampled", work: portion * width })
  yield* engine.hold({ columns: Tensor.float32([patterns, width], columns) })
  // Used again for every portion.
  let memory = new Float32Array(0)
  return {
    sets,
    patterns,
    next: Effect.fnUntraced(function* (rows) {
      if (memory.length < rows * patterns) memory = new Float32Array(rows * patterns)
      const drawn = memory.subarray(0, rows * patterns).fill(0)
      for (let row = 0; row < rows; row++) draw(drawn, row * patterns)
      const { sums } = yield* engine.run({ counts: Tensor.float32([rows, patterns], drawn) }, { sums: "float32" })
      return sums.data
    }),
  }
})

/**
 * The paired bootstrap (Efron 1979): images are drawn with replacement, as many
 * as there are, and all models are judged on the same draw. Images that two sets
 * share by id (ReaL relabels those of the validation set) are drawn together, as
 * `groupsOf` says; a set's accuracy is over those of its images that were drawn,
 * so a set that has only some of a group's images varies in size (a draw that
 * has none of them is drawn again).
 *
 * Images with the same outcomes count as one pattern, so a draw is a multinomial
 * count over patterns, and all accuracies of many draws are one matrix product,
 * computed by onnxruntime. Counts are exact; accuracies are equal where counts are.
 *
 * Every set needs as many models as the first, in the same order. `take` gets all
 * resamples in order, some at a time: memory holds one portion (some 10 MB) and
 * the patterns, `[patterns, models]` float32. The seed decides every draw; how
 * large the portions are does not.
 *
 * Errors (`StageError`): sets of other models; 2^24 images and more in one group.
 *
 * @example
 * const sets = yield* readSets(outcomes, cells)
 * yield* resample(sets, { resamples: 10_000, seed: 0 }, ({ accuracies, rows, start }) => Effect.sync(() => …))
 */
export const resample = Effect.fnUntraced(function* <E, R>(
  sets: ReadonlyArray<SetOutcomes>,
  { resamples, seed }: Resampling,
  take: (some: Resamples) => Effect.Effect<void, E, R>,
): Effect.fn.Return<void, StageError | E, R | Cores> {
  const models = sets[0]?.models ?? []
  for (const set of sets) {
    if (set.models.length === models.length && set.models.every((model, at) => model === models[at])) continue
    return yield* new StageError({
      message: `${JSON.stringify(set.set)} and ${JSON.stringify(sets[0]?.set ?? "")} are not of the same models in the same order`,
      hint: "give the outcomes of every model on every set, set by set in the same order of models",
    })
  }
  const walk = Effect.gen(function* () {
    const sources = yield* Effect.forEach(groupsOf(sets), (group) => sourceOf(group, seed))
    const most = Math.max(1, ...sources.map(({ patterns }) => patterns))
    const step = Math.max(1, Math.min(resamples, Math.floor(portion / most)))
    const each = models.length * sets.length
    const accuracies = new Float64Array(step * each)
    for (let start = 0; start < resamples; start += step) {
      const rows = Math.min(step, resamples - start)
      for (const { next, sets: group } of sources) {
        const sums = yield* next(rows)
        const width = sums.length / rows
        for (const [place, set] of group.entries()) {
          const at = sets.indexOf(set)
          const from = place * (models.length + 1)
          for (let row = 0; row < rows; row++) {
            const images = sums[row * width + from + models.length] ?? 0
            for (let model = 0; model < models.length; model++) {
              const hits = sums[row * width + from + model] ?? 0
              accuracies[row * each + model * sets.length + at] = hits / images
            }
          }
        }
      }
      yield* take({ start, rows, accuracies: accuracies.subarray(0, rows * each) })
      // Drawing takes the thread for some milliseconds: let others have it in between.
      yield* Effect.yieldNow
    }
  })
  yield* Effect.scoped(walk)
})
