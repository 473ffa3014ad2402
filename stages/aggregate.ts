import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, type Reader, whole } from "../src/dsl/Stage.ts"
import { StageError } from "../src/dsl/StageError.ts"
import { geometricMean, weightedAverage } from "./averages.ts"
import { allows, type Measure, measureOf } from "./metrics/measure.ts"
import { ranks } from "./ranks.ts"
import { Leaderboard, Scores } from "./tables.ts"

const Params = Schema.Struct({
  /** The set whose rank the others are compared with; the first where nothing is said. */
  reference: Schema.optionalKey(Schema.NonEmptyString),
  /** Which sets, in this order; all in order of first appearance where nothing is said. */
  sets: Schema.optionalKey(Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** Which metric is compared. */
  metric: Schema.NonEmptyString.pipe(Schema.withDecodingDefaultKey(Effect.succeed("top1"))),
  /** Another metric for some sets: `{ rendition: "top1-masked" }`. */
  metrics: Schema.optionalKey(Schema.Record(Schema.String, Schema.NonEmptyString)),
  /** What some sets weigh in the weighted average instead of their number of images. */
  weights: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite.check(Schema.isGreaterThan(0)))),
})
type Params = typeof Params.Type

interface Cell {
  readonly value: number
  readonly images: number
  readonly skipped: number
}

/** All cells by model, then set, each in order of first appearance. */
type Cells = ReadonlyMap<string, ReadonlyMap<string, Cell>>

interface Column {
  readonly name: string
  readonly kind: "set" | "aggregate"
  readonly measure: Measure
  /** One cell a model, in the models' order. */
  readonly cells: ReadonlyArray<Cell>
}

const cellName = (model: string, set: string) => `${JSON.stringify(model)} on ${JSON.stringify(set)}`

const metricOf = ({ metric, metrics }: Params, set: string) => new Map(Object.entries(metrics ?? {})).get(set) ?? metric

const collect = Effect.fnUntraced(function* (
  scores: ReadonlyArray<Reader<typeof Scores>>,
  params: Params,
): Effect.fn.Return<{ readonly models: Cells; readonly sets: ReadonlyArray<string> }, StageError> {
  const models = new Map<string, Map<string, Cell>>()
  const sets = new Set<string>()
  for (const reader of scores) {
    yield* Stream.runForEach(reader.batches, (batch) =>
      Effect.gen(function* () {
        for (const [row, model] of batch.model.entries()) {
          const set = batch.set[row] ?? ""
          // Known before the metric is looked at: a model or set without it is missing, not absent.
          const cells = models.get(model) ?? new Map<string, Cell>()
          models.set(model, cells)
          if (params.sets !== undefined && !params.sets.includes(set)) continue
          sets.add(set)
          if (batch.class[row] !== -1 || batch.metric[row] !== metricOf(params, set)) continue
          if (cells.has(set)) {
            return yield* new StageError({
              message: `there are two scores of ${cellName(model, set)}`,
              hint: "give each model and each set a name of its own in `score`",
            })
          }
          const value = batch.value[row] ?? Number.NaN
          const images = batch.images[row] ?? 0
          if (Number.isNaN(value) || images < 1) {
            const message = `the score of ${cellName(model, set)} is ${value} over ${images} images, no number over some`
            return yield* new StageError({ message })
          }
          cells.set(set, { value, images, skipped: batch.skipped[row] ?? 0 })
        }
      }),
    )
  }
  return { models, sets: params.sets ?? [...sets] }
})

/** What is wrong with the names of sets in params, if anything. */
const unknownSet = (params: Params, sets: ReadonlyArray<string>): string | undefined => {
  const named = [params.reference, ...Object.keys(params.weights ?? {}), ...Object.keys(params.metrics ?? {})]
  const unknown = named.find((set) => set !== undefined && !sets.includes(set))
  return unknown === undefined
    ? undefined
    : `there is no set ${JSON.stringify(unknown)}; the sets are ${sets.join(", ")}`
}

/** The columns of the sets, or what is wrong: the first cell that has no score, or none that its metric can have. */
const setColumns = (models: Cells, sets: ReadonlyArray<string>, params: Params): ReadonlyArray<Column> | StageError => {
  const columns: Array<Column> = []
  for (const set of sets) {
    const cells: Array<Cell> = []
    for (const [model, bySet] of models) {
      const cell = bySet.get(set)
      if (cell === undefined) {
        return new StageError({
          message: `there is no ${metricOf(params, set)} score of ${cellName(model, set)}`,
          hint: "score every model on every set, or say with `sets` and `metrics` what to compare",
        })
      }
      cells.push(cell)
    }
    const metric = metricOf(params, set)
    const measure = measureOf(
      metric,
      cells.map(({ value }) => value),
    )
    const wrong = cells.findIndex(({ value }) => !allows(measure, value))
    if (wrong >= 0) {
      const model = [...models.keys()][wrong] ?? ""
      const right = measure.unit === "share" ? "between 0 and 1" : "a number that it can be"
      return new StageError({
        message: `the ${metric} of ${cellName(model, set)} is ${cells[wrong]?.value}, not ${right}`,
      })
    }
    columns.push({ name: set, kind: "set", measure, cells })
  }
  return columns
}

/** W and G of each model over these sets: none where they do not measure the same, no G of negative numbers. */
const aggregates = (sets: ReadonlyArray<Column>, weights: ReadonlyMap<string, number>): ReadonlyArray<Column> => {
  const [first] = sets
  if (first === undefined) return []
  const { measure } = first
  if (sets.some((set) => set.measure.unit !== measure.unit || set.measure.better !== measure.better)) return []
  const rows = first.cells.map((_, at) =>
    sets.flatMap(({ cells, name }) => {
      const cell = cells[at]
      return cell === undefined ? [] : [{ ...cell, weight: weights.get(name) ?? cell.images }]
    }),
  )
  const over = (name: string, average: (row: (typeof rows)[number]) => number): Column => ({
    name,
    kind: "aggregate",
    measure,
    cells: rows.map((row) => ({
      value: average(row),
      images: row.reduce((total, { images }) => total + images, 0),
      skipped: row.reduce((total, { skipped }) => total + skipped, 0),
    })),
  })
  const weighted = over("weighted", weightedAverage)
  if (rows.flat().some(({ value }) => value < 0)) return [weighted]
  return [weighted, over("geometric", (row) => geometricMean(row.map(({ value }) => value)))]
}

/**
 * The table of all models on all sets, with ranks and their changes against the
 * reference set, and over the other sets the weighted average W = ΣNᵢAᵢ/ΣNᵢ
 * (`weighted`) and the geometric mean G = (ΠAᵢ)^(1/k) (`geometric`), as in
 * Ozbulak et al. 2025. Nᵢ is what a cell is over, unless `weights` says otherwise.
 *
 * Ranks compare unrounded values, of `ece` and `nll` the lowest first; equal values
 * share the best rank (1, 2, 2, 4). `nll` is in nats and a metric of one's own may
 * have any values. Sets that are scored in different units, or of which some are
 * better when higher and some when lower, have no averages. Rows are models in order of first appearance, in each the sets in theirs,
 * then the two aggregates, which are left out where the reference is the only
 * set. A zero makes G zero. Every model needs exactly one score of the metric on
 * every set: a missing or a second one is an error that names it.
 *
 * @example
 * aggregate(scores, { reference: "validation" })
 */
export const aggregate = whole("aggregate", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Leaderboard,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const { models, sets } = yield* collect(scores, params)
    if (models.size === 0) return yield* new StageError({ message: "there are no scores" })
    const unknown = unknownSet(params, sets)
    if (unknown !== undefined) return yield* new StageError({ message: unknown })
    const columns = setColumns(models, sets, params)
    if (columns instanceof StageError) return yield* columns
    const reference = params.reference ?? sets[0]
    const others = columns.filter(({ name }) => name !== reference)
    const weights = new Map(Object.entries(params.weights ?? {}))
    const ranked = [...columns, ...aggregates(others, weights)].map((column) => {
      const sign = column.measure.better === "more" ? 1 : -1
      return { ...column, ranks: ranks(column.cells.map(({ value }) => sign * value)) }
    })
    const base = ranked.find(({ name, kind }) => kind === "set" && name === reference)?.ranks ?? []
    const rows = [...models.keys()].flatMap((model, at) =>
      ranked.flatMap(({ name, kind, measure: { unit }, cells, ranks: places }) => {
        const [cell, rank, from] = [cells[at], places[at], base[at]]
        if (cell === undefined || rank === undefined || from === undefined) return []
        return [{ ...cell, model, name, kind, unit, rank, change: from - rank }]
      }),
    )
    return {
      model: rows.map(({ model }) => model),
      column: rows.map(({ name }) => name),
      kind: rows.map(({ kind }) => kind),
      unit: rows.map(({ unit }) => unit),
      value: Float64Array.from(rows, ({ value }) => value),
      rank: Int32Array.from(rows, ({ rank }) => rank),
      change: Int32Array.from(rows, ({ change }) => change),
      images: Int32Array.from(rows, ({ images }) => images),
      skipped: Int32Array.from(rows, ({ skipped }) => skipped),
    }
  }),
})
