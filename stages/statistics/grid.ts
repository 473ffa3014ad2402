/** Scores as a grid: one value for each model on each set. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Reader } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { geometricMean, weightedAverage } from "../averages.ts"
import type { Scores } from "../tables.ts"

/** Which scores are meant; as in `aggregate`. */
export const which = {
  /** The set that is the standard; it counts in no aggregate. The first where nothing is said. */
  reference: /* @__PURE__ */ Schema.optionalKey(Schema.NonEmptyString),
  /** Which sets, in this order; all in order of first appearance where nothing is said. */
  sets: /* @__PURE__ */ Schema.optionalKey(/* @__PURE__ */ Schema.NonEmptyArray(Schema.NonEmptyString)),
  /** Which metric is compared; `top1` where nothing is said. */
  metric: /* @__PURE__ */ Schema.optionalKey(Schema.NonEmptyString),
  /** Another metric for some sets: `{ rendition: "top1-masked" }`. */
  metrics: /* @__PURE__ */ Schema.optionalKey(/* @__PURE__ */ Schema.Record(Schema.String, Schema.NonEmptyString)),
  /** What some sets weigh in the weighted average instead of their number of images. */
  weights: /* @__PURE__ */ Schema.optionalKey(
    /* @__PURE__ */ Schema.Record(
      Schema.String,
      /* @__PURE__ */ Schema.Finite.check(/* @__PURE__ */ Schema.isGreaterThan(0)),
    ),
  ),
}

/** The params of {@link which}, decoded. */
export interface Which {
  readonly reference?: string
  readonly sets?: readonly [string, ...ReadonlyArray<string>]
  readonly metric?: string
  readonly metrics?: Readonly<Record<string, string>>
  readonly weights?: Readonly<Record<string, number>>
}

/** One set: what each model scores on it. */
export interface Column {
  readonly set: string
  /** A value a model, 0..1. */
  readonly values: ReadonlyArray<number>
  /** How many images each value is over. */
  readonly images: ReadonlyArray<number>
  /** What each value weighs in the weighted average. */
  readonly weights: ReadonlyArray<number>
}

/** All models on all sets, without a gap. */
export interface Grid {
  readonly models: ReadonlyArray<string>
  readonly reference: Column
  /** The sets other than the reference. */
  readonly others: ReadonlyArray<Column>
}

const quoted = (name: string) => JSON.stringify(name)

const nameOf = (model: string, set: string) => `${quoted(model)} on ${quoted(set)}`

/** Refuses sets that params name and nobody has scored. */
const known = (named: ReadonlyArray<string>, sets: ReadonlyArray<string>): Effect.Effect<void, StageError> => {
  const unknown = named.find((set) => !sets.includes(set))
  if (unknown === undefined) return Effect.void
  return new StageError({ message: `there is no set ${quoted(unknown)}; the sets are ${sets.join(", ")}` })
}

/**
 * Reads scores into a grid. A missing or a second score, one that is not in
 * 0..1, and a set that is not there are errors that name it.
 */
export const read = Effect.fnUntraced(function* (
  scores: ReadonlyArray<Reader<typeof Scores>>,
  params: Which,
): Effect.fn.Return<Grid, StageError> {
  const metrics = new Map(Object.entries(params.metrics ?? {}))
  const weights = new Map(Object.entries(params.weights ?? {}))
  const metricOf = (set: string) => metrics.get(set) ?? params.metric ?? "top1"
  const models = new Map<string, Map<string, { readonly value: number; readonly images: number }>>()
  const found = new Set<string>()
  for (const reader of scores) {
    yield* Stream.runForEach(reader.batches, (batch) =>
      Effect.gen(function* () {
        for (const [row, model] of batch.model.entries()) {
          const set = batch.set[row] ?? ""
          // A model or set that has only other metrics is missing, not absent.
          const cells = models.get(model) ?? new Map<string, { readonly value: number; readonly images: number }>()
          models.set(model, cells)
          if (params.sets !== undefined && !params.sets.includes(set)) continue
          found.add(set)
          if (batch.class[row] !== -1 || batch.metric[row] !== metricOf(set)) continue
          if (cells.has(set)) {
            return yield* new StageError({
              message: `there are two scores of ${nameOf(model, set)}`,
              hint: "give each model and each set a name of its own in `score`",
            })
          }
          const [value = Number.NaN, images = 0] = [batch.value[row], batch.images[row]]
          if (!(value >= 0 && value <= 1) || images < 1) {
            const message = `the score of ${nameOf(model, set)} is ${value} over ${images} images, not 0 to 1 over some`
            return yield* new StageError({ message })
          }
          cells.set(set, { value, images })
        }
      }),
    )
  }
  if (models.size === 0) return yield* new StageError({ message: "there are no scores" })
  const sets: ReadonlyArray<string> = params.sets ?? [...found]
  const reference = params.reference ?? sets[0] ?? ""
  yield* known([reference, ...weights.keys(), ...metrics.keys()], sets)
  const columns: Array<Column> = []
  for (const set of sets) {
    const cells = [...models].map(([model, bySet]) => ({ model, cell: bySet.get(set) }))
    const missing = cells.find(({ cell }) => cell === undefined)
    if (missing !== undefined) {
      return yield* new StageError({
        message: `there is no ${metricOf(set)} score of ${nameOf(missing.model, set)}`,
        hint: "score every model on every set, or say with `sets` and `metrics` what to compare",
      })
    }
    const images = cells.map(({ cell }) => cell?.images ?? 0)
    columns.push({
      set,
      values: cells.map(({ cell }) => cell?.value ?? Number.NaN),
      images,
      weights: images.map((count) => weights.get(set) ?? count),
    })
  }
  const standard = columns.find(({ set }) => set === reference)
  if (standard === undefined) return yield* new StageError({ message: `there is no set ${quoted(reference)}` })
  return { models: [...models.keys()], reference: standard, others: columns.filter((column) => column !== standard) }
})

/** Refuses a grid of one set alone: nothing can be averaged, weighed or combined. */
export const hasOthers = ({ others, reference }: Grid): Effect.Effect<void, StageError> =>
  others.length > 0
    ? Effect.void
    : new StageError({
        message: `there is no set beside the reference, ${quoted(reference.set)}`,
        hint: "aggregates are over the sets other than the reference: score the models on more sets",
      })

/** An average over the sets other than the reference. */
export interface Aggregate {
  readonly name: "weighted" | "geometric"
  /** A value a model. */
  readonly values: ReadonlyArray<number>
}

/** W and G of each model over the sets other than the reference, as in `aggregate`; none where there is no such set. */
export const aggregates = ({ models, others }: Grid): ReadonlyArray<Aggregate> => {
  if (others.length === 0) return []
  const rows = models.map((_, model) =>
    others.map(({ values, weights }) => ({ value: values[model] ?? Number.NaN, weight: weights[model] ?? 0 })),
  )
  return [
    { name: "weighted", values: rows.map(weightedAverage) },
    { name: "geometric", values: rows.map((row) => geometricMean(row.map(({ value }) => value))) },
  ]
}
