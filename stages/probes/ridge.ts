import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StageError } from "../../src/dsl/StageError.ts"
import { accuracy, type Linear, linearModel } from "./linearModel.ts"
import { type Normalise, type Normaliser, normaliser } from "./normalise.ts"
import { type Problem, split } from "./Problem.ts"
import { common, defaulted, type Fitted, Positive, stage, untrained } from "./Protocol.ts"
import { openRidge } from "./ridgeFit.ts"

interface Ridge {
  readonly normalise: Normalise
  readonly alpha: number | ReadonlyArray<number>
  readonly heldOut?: number
  readonly seed: number
}

interface Tried {
  readonly alpha: number
  readonly heldOut: number
}

/** Each alpha on a part of the rows: one pass over them serves all. */
const sweep = Effect.fnUntraced(function* (problem: Problem, alphas: ReadonlyArray<number>, params: Ridge) {
  const parts = yield* split(problem, params.heldOut ?? 0.1, params.seed)
  if (parts.heldOut.rows === 0 || new Set(parts.training.labels).size < 2) {
    return yield* new StageError({
      message: `no alpha can be chosen: of ${problem.rows} rows, ${parts.heldOut.rows} are held out and the others have ${new Set(parts.training.labels).size} classes`,
      hint: "change `heldOut`, or give one alpha",
    })
  }
  const before: Normaliser = yield* normaliser(params.normalise, parts.training)
  const solve = yield* openRidge(parts.training, before)
  const tried: Array<Tried> = []
  for (const alpha of alphas.toSorted((a, b) => b - a)) {
    const linear: Linear = yield* solve(alpha)
    tried.push({ alpha, heldOut: yield* accuracy(parts.heldOut, before, linear) })
  }
  return tried
})

const fitRidge = Effect.fnUntraced(function* (problem: Problem, params: Ridge) {
  const alphas = typeof params.alpha === "number" ? [params.alpha] : [...new Set(params.alpha)]
  const tried = alphas.length === 1 ? [] : yield* sweep(problem, alphas, params)
  const chosen = tried.reduce<Tried | undefined>(
    (best, one) => (best === undefined || one.heldOut > best.heldOut ? one : best),
    undefined,
  )
  const alpha = chosen?.alpha ?? alphas[0] ?? 1
  const before = yield* normaliser(params.normalise, problem)
  const solve = yield* openRidge(problem, before)
  const onnx = yield* linearModel(problem, before, yield* solve(alpha))
  const settings = tried.map(({ alpha, heldOut }) => ({ setting: { alpha }, heldOut, stopped: null }))
  const fitted: Fitted = {
    variants: [{ name: "final", onnx, setting: chosen === undefined ? {} : { alpha } }],
    course: { ...untrained, settings },
  }
  return fitted
})

/**
 * Least squares on targets of 1 for the label's class and -1 for all others,
 * with a penalty of `alpha` times the squared weights, but not the bias: the
 * convention of scikit-learn's RidgeClassifier. In closed form, so it takes one
 * pass over the rows: a fast check before a probe that is trained. Of two
 * classes each has its row of weights, one the negative of the other.
 *
 * Of several `alpha` the one is taken that is best on a part of the rows that
 * is held out (`heldOut`, a tenth; the largest of equal ones); then all rows are fitted.
 */
export const ridge = stage({
  module: import.meta,
  name: "ridge",
  source: "scikit-learn, RidgeClassifier; Hoerl and Kennard 1970",
  params: Schema.Struct({
    ...common("ridge", { normalise: "none" }),
    alpha: defaulted(Schema.Union([Positive, Schema.NonEmptyArray(Positive)]), 1),
    heldOut: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 0.9 }))),
    seed: defaulted(Schema.Int, 0),
  }),
  fit: fitRidge,
})
