import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Batch } from "../../src/arrow/Table.ts"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Session from "../../src/onnx/Session.ts"
import { open } from "../probes/numeric.ts"
import { Scores } from "../tables.ts"
import { Draws } from "./Draws.ts"
import { Drawn, enough } from "./enough.ts"
import { type Column, type Grid, hasOthers, read, which } from "./grid.ts"
import { Seed } from "./params.ts"
import { countRanks, probabilityRows } from "./rankCounts.ts"
import { RankProbabilities } from "./tables.ts"

const Params = Schema.Struct({
  ...which,
  /** How many weightings are drawn. */
  draws: Drawn,
  seed: Seed,
})
type Params = typeof Params.Type

/** Weightings of sets, `[rows, sets]`. */
interface Weightings {
  readonly rows: number
  readonly data: Float64Array
}

// Of more sets not every subset is looked at, but as many as there are draws.
const mostSets = 14
// Averages that are taken at once: 8 MB.
const portion = 2 ** 20
// What ln 0 is taken for: below any other, and 0 times it is 0.
const lnZero = -1e300
const lowest = -1e5

const weightings = (rows: ReadonlyArray<ReadonlyArray<number>>): Weightings => ({
  rows: rows.length,
  data: Float64Array.from(rows.flat()),
})

const leaveOneOut = (sets: number): Weightings =>
  weightings(Array.from({ length: sets }, (_, out) => Array.from({ length: sets }, (_, set) => (set === out ? 0 : 1))))

/** Every subset but the empty one; of many sets as many as drawn, each equally likely. */
const subsets = (sets: number, draws: Draws, count: number): Weightings => {
  if (sets <= mostSets) {
    const all = Array.from({ length: 2 ** sets - 1 }, (_, i) => i + 1)
    return weightings(all.map((bits) => Array.from({ length: sets }, (_, set) => (bits >>> set) & 1)))
  }
  const data = new Float64Array(count * sets)
  for (let row = 0; row < count;) {
    let any = 0
    for (let set = 0; set < sets; set++) any += data[row * sets + set] = draws.uniform() < 0.5 ? 1 : 0
    if (any > 0) row++
  }
  return { rows: count, data }
}

/** Uniform over all weightings that add up to 1: exponential numbers over their sum. */
const dirichlet = (sets: number, draws: Draws, count: number): Weightings => {
  const data = new Float64Array(count * sets)
  for (let from = 0; from < data.length; from += sets) {
    const row = data.subarray(from, from + sets)
    let sum = 0
    for (let set = 0; set < sets; set++) sum += row[set] = -Math.log1p(-draws.uniform())
    for (let set = 0; set < sets; set++) row[set] = sum > 0 ? (row[set] ?? 0) / sum : 1 / sets
  }
  return { rows: count, data }
}

const table = (sets: ReadonlyArray<Column>, of: (column: Column) => ReadonlyArray<number>) =>
  Float64Array.from(sets.flatMap(of))

const constant = (sets: ReadonlyArray<Column>) => table(sets, ({ values }) => values.map(() => 1))
const logarithms = (sets: ReadonlyArray<Column>) =>
  table(sets, ({ values }) => values.map((value) => (value > 0 ? Math.log(value) : lnZero)))

/** Averages of all models under many weightings: two matrix products, then their ranks. */
const averaging = Effect.fnUntraced(function* ({ models, others }: Grid) {
  const sets = others.length
  const g = Graph.make("averages")
  const weights = g.input("weights", "float64", ["draws", sets])
  const terms = g.input("terms", "float64", [sets, models.length])
  const over = g.input("over", "float64", [sets, models.length])
  const mean = g.op("Div", [g.op("MatMul", [weights, terms]), g.op("MatMul", [weights, over])])
  const floor = g.constant({ type: "float64", dims: [], data: Float64Array.of(lowest) })
  g.output("means", g.op("Max", [mean, floor]), "float64", ["draws", models.length])
  const step = Math.max(1, Math.floor(portion / models.length))
  const engine = yield* open(yield* g.bytes, {
    failure: "the sets cannot be weighed",
    work: step * models.length * 2 * sets,
  })
  const tensor = (rows: number, columns: number, data: Float64Array) =>
    ({ type: "float64", dims: [rows, columns], data }) as const
  return (weightings: Weightings, terms: Float64Array, over: Float64Array) =>
    countRanks(
      models.length,
      Effect.fnUntraced(function* (take) {
        for (let start = 0; start < weightings.rows; start += step) {
          const rows = Math.min(step, weightings.rows - start)
          const { means } = yield* engine.run(
            {
              weights: tensor(rows, sets, weightings.data.slice(start * sets, (start + rows) * sets)),
              terms: tensor(sets, models.length, terms),
              over: tensor(sets, models.length, over),
            },
            { means: "float64" },
          )
          yield* take({ start, rows, accuracies: means.data })
        }
      }),
    )
})

/**
 * How much of the ranking hangs on which sets there are, and on what they weigh:
 * the probability of each rank of each model by the weighted average
 * (`weighted`) and the geometric mean (`geometric`) over the sets other than the reference,
 *
 * - `leave-one-out`: one set left out, each as likely,
 * - `subsets`: every subset of the sets but the empty one, each as likely (of
 *   more than 14 sets as many random ones as `draws`),
 * - `dirichlet`: weights of the sets drawn from Dirichlet(1, …, 1), which makes
 *   every weighting as likely: ΣwᵢAᵢ and ΠAᵢ^wᵢ. The seed decides every draw.
 *
 * Within subsets W weighs by images, or by `weights`. Models with equal values
 * share the best of their ranks. Ranks that do not occur have no row. Errors: as
 * `aggregate`; no set beside the reference.
 *
 * @example
 * choiceOfSets(scores, { reference: "validation" })
 */
export const choiceOfSets = whole("choiceOfSets", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: RankProbabilities,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const grid = yield* read(scores, params)
    yield* hasOthers(grid)
    const { models, others } = grid
    const sets = others.length
    const draws = params.draws ?? enough(models.length)
    const average = yield* averaging(grid)
    const ones = constant(others)
    const weights = table(others, ({ weights }) => weights)
    const hits = table(others, ({ values, weights }) => values.map((value, model) => value * (weights[model] ?? 0)))
    const accuracies = table(others, ({ values }) => values)
    const logs = logarithms(others)
    const sources = [
      ...(sets > 1 ? [{ source: "leave-one-out", rows: leaveOneOut(sets), terms: hits, over: weights }] : []),
      {
        source: "subsets",
        rows: subsets(sets, new Draws(`subsets/${params.seed}`), draws),
        terms: hits,
        over: weights,
      },
      {
        source: "dirichlet",
        rows: dirichlet(sets, new Draws(`dirichlet/${params.seed}`), draws),
        terms: accuracies,
        over: ones,
      },
    ]
    const batches: Array<Batch<typeof RankProbabilities>> = []
    for (const { over, rows, source, terms } of sources) {
      const weighted = yield* average(rows, terms, over)
      const geometric = yield* average(rows, logs, ones)
      for (const [set, counts] of [["weighted", weighted] as const, ["geometric", geometric] as const]) {
        for (const batch of probabilityRows(set, models, counts, rows.rows)) {
          batches.push({ ...batch, source: batch.model.map(() => source) })
        }
      }
    }
    return Stream.fromIterable(batches)
  }),
})
