import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { StageError } from "../../src/dsl/StageError.ts"
import { accuracy, linearModel } from "./linearModel.ts"
import { type Ending, openLogistic, type Outcome } from "./logisticFit.ts"
import { type Normalise, normaliser } from "./normalise.ts"
import { type Problem, split } from "./Problem.ts"
import { common, Count, type Course, defaulted, type Fitted, Positive, stage } from "./Protocol.ts"

interface Logistic extends Ending {
  readonly normalise: Normalise
  readonly C: number | ReadonlyArray<number>
  readonly heldOut?: number
  readonly seed: number
}

interface Tried {
  readonly c: number
  readonly outcome: Outcome
  readonly heldOut: number | null
}

/** Each C on a part of the rows, from strong to weak: each starts where the one before ended. */
const sweep = Effect.fnUntraced(function* (problem: Problem, cs: ReadonlyArray<number>, params: Logistic) {
  const fraction = params.heldOut ?? 0.1
  const parts = yield* split(problem, fraction, params.seed)
  if (parts.heldOut.rows === 0 || new Set(parts.training.labels).size < 2) {
    return yield* new StageError({
      message: `no C can be chosen: of ${problem.rows} rows, ${parts.heldOut.rows} are held out and the others have ${new Set(parts.training.labels).size} classes`,
      hint: "change `heldOut`, or give one C",
    })
  }
  const before = yield* normaliser(params.normalise, parts.training)
  const { fit } = yield* openLogistic(parts.training, before, params)
  const tried: Array<Tried> = []
  for (const c of cs.toSorted((a, b) => a - b)) {
    const outcome = yield* fit(c, tried.at(-1)?.outcome.linear)
    tried.push({ c, outcome, heldOut: yield* accuracy(parts.heldOut, before, outcome.linear) })
  }
  return tried
})

const courseOf = (final: Outcome, tried: ReadonlyArray<Tried>): Course => {
  const steps = Math.max(...tried.map(({ outcome }) => outcome.losses.length))
  const losses = new Float32Array(tried.length * steps).fill(NaN)
  for (const [at, { outcome }] of tried.entries()) losses.set(outcome.losses, at * steps)
  return {
    curve: Float32Array.from(final.losses),
    settings: tried.map(({ c, heldOut, outcome }) => ({
      setting: { C: c },
      heldOut,
      stopped: outcome.stopped ?? null,
    })),
    losses,
    heldOut: new Float32Array(0),
  }
}

const fitLogistic = Effect.fnUntraced(function* (problem: Problem, params: Logistic) {
  const cs = typeof params.C === "number" ? [params.C] : [...new Set(params.C)]
  const tried = cs.length === 1 ? [] : yield* sweep(problem, cs, params)
  const chosen = tried.reduce<Tried | undefined>(
    (best, one) => ((one.heldOut ?? 0) > (best?.heldOut ?? -1) ? one : best),
    undefined,
  )
  const c = chosen?.c ?? cs[0] ?? 1
  const before = yield* normaliser(params.normalise, problem)
  const { fit } = yield* openLogistic(problem, before, params)
  const final = yield* fit(c, chosen?.outcome.linear)
  const onnx = yield* linearModel(problem, before, final.linear)
  const fitted: Fitted = {
    variants: [{ name: "final", onnx, setting: tried.length === 0 ? {} : { C: c } }],
    course: courseOf(final, tried.length === 0 ? [{ c, outcome: final, heldOut: null }] : tried),
  }
  return fitted
})

/**
 * Multinomial logistic regression by L-BFGS on all rows: the probabilities of
 * softmax, and scikit-learn's objective `C · sum of -log p(label) + |w|² / 2`
 * without a penalty on the bias. Two classes have a row of weights each, as
 * scikit-learn's `multi_class="multinomial"` reckons. The optimum is one, so
 * nothing depends on the order of rows, and there is no `best` beside `final`.
 *
 * A fit has converged when no number in the gradient exceeds `tol`, or when
 * float64 can make the objective no smaller. After `iterations` steps it ends
 * as it is: the course's `settings` say so under `stopped`.
 *
 * Several `C` are fitted on a part of the rows, each from where the next
 * stronger one ended; the one that is best on the rest (`heldOut`, a tenth;
 * the smallest of equal ones) is then fitted on all rows, as CLIP's evaluation
 * does. A class without rows in 0..classes-1 is never preferred to one with.
 */
export const logistic = stage({
  module: import.meta,
  name: "logistic",
  source: "scikit-learn, LogisticRegression (lbfgs); Radford et al. 2021, openai/CLIP; Liu and Nocedal 1989",
  params: Schema.Struct({
    ...common("logistic", { normalise: "none" }),
    C: defaulted(Schema.Union([Positive, Schema.NonEmptyArray(Positive)]), 1),
    tol: defaulted(Positive, 1e-4),
    iterations: defaulted(Count, 1000),
    heldOut: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 0.9 }))),
    seed: defaulted(Schema.Int, 0),
  }),
  fit: fitLogistic,
})
