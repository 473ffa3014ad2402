import * as Effect from "effect/Effect"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { runningNorm } from "./batchNorm.ts"
import { type LinearParams, sgdOf } from "./linearParams.ts"
import { type Normaliser, normaliser } from "./normalise.ts"
import { type Problem, split } from "./Problem.ts"
import type { Course, Fitted, Variant } from "./Protocol.ts"
import { type Sgd, stepsOf } from "./sgd.ts"
import type { Common, State } from "./sgdShape.ts"
import { linearOf } from "./sgdState.ts"
import { type Outcome, sweep } from "./sweep.ts"

const modelOf = (normalised: Normaliser, state: State, common: Common) => {
  const { bias, running, weights } = linearOf(state, common)
  const { classes, width } = common
  const g = Graph.make("linear")
  const raw = normalised(g, g.input("features", "float32", ["rows", width]))
  const row = (data: Float32Array) => g.constant(Tensor.float32([1, width], data))
  const x =
    running === undefined ? raw : runningNorm(g, raw, { mean: row(running.mean), variance: row(running.variance) })
  const parameters = [
    g.constant(Tensor.float32([classes, width], weights)),
    g.constant(Tensor.float32([classes], bias)),
  ]
  g.output("scores", g.op("Gemm", [x, ...parameters], { transB: 1 }), "float32", ["rows", classes])
  return g.bytes
}

/** Of those that went to the end the one that is best on the held-out part; of equal ones the first. */
const chosenOf = (outcomes: ReadonlyArray<Outcome>): number => {
  const accuracy = ({ stopped, trained }: Outcome) => (stopped === undefined ? (trained.heldOut.at(-1) ?? 0) : -1)
  return outcomes.reduce((best, outcome, i) => {
    const before = outcomes[best]
    return before !== undefined && accuracy(outcome) > accuracy(before) ? i : best
  }, 0)
}

/** The setting that was best on the held-out part after any epoch; of equal ones the first. */
const bestOf = (outcomes: ReadonlyArray<Outcome>): number | undefined => {
  const found = outcomes.reduce(
    (best, { trained }, i) =>
      (trained.best?.accuracy ?? -1) > (outcomes[best]?.trained.best?.accuracy ?? -1) ? i : best,
    0,
  )
  return outcomes[found]?.trained.best === undefined ? undefined : found
}

const courseOf = (
  outcomes: ReadonlyArray<Outcome>,
  chosen: number,
  said: ReadonlyArray<Readonly<Record<string, number>>>,
  rows: number,
  sgd: Sgd,
): Course => {
  const steps = stepsOf(rows, sgd)
  const losses = new Float32Array(outcomes.length * steps.all).fill(NaN)
  const measured = outcomes.some(({ trained }) => trained.heldOut.length > 0)
  const heldOut = new Float32Array(measured ? outcomes.length * sgd.epochs : 0).fill(NaN)
  for (const [i, { trained }] of outcomes.entries()) {
    losses.set(trained.losses.subarray(0, steps.all), i * steps.all)
    heldOut.set(trained.heldOut.slice(0, measured ? sgd.epochs : 0), i * sgd.epochs)
  }
  const curve = Float32Array.from({ length: sgd.epochs }, (_, epoch) => {
    let [sum, count] = [0, 0]
    for (let step = epoch * steps.perEpoch; step < (epoch + 1) * steps.perEpoch; step++) {
      sum += (losses[chosen * steps.all + step] ?? NaN) * steps.rows(step)
      count += steps.rows(step)
    }
    return sum / count
  })
  const settings = outcomes.map(({ stopped, trained }, i) => ({
    setting: said[i] ?? {},
    heldOut: stopped === undefined ? (trained.heldOut[sgd.epochs - 1] ?? null) : null,
    stopped: stopped ?? null,
  }))
  return { curve, settings, losses, heldOut }
}

/**
 * Fits a linear classifier by SGD: a probe whose scores are
 * `weights * features + bias`, the logits. Where params name several rates or
 * decays, all combinations are trained side by side, and the one that is best on
 * the held-out part is chosen: `final` is that one after the last epoch, `best`
 * the setting and epoch that were best at any time.
 */
export const fitLinear = Effect.fnUntraced(function* (problem: Problem, params: LinearParams) {
  const { normalise, seed } = params
  const { heldOut: fraction, said, sgd } = sgdOf(params)
  if (fraction === 0 && sgd.settings.length > 1) {
    return yield* new StageError({
      message: `none of the ${sgd.settings.length} settings can be chosen: nothing of the training set is held out`,
      hint: "raise `heldOut`, or give one rate and one decay",
    })
  }
  const parts = fraction === 0 ? undefined : yield* split(problem, fraction, seed)
  const training = parts?.training ?? problem
  const normalised = yield* normaliser(normalise, training)
  const { classes: _, epochs: __, rate: ___, decay: ____, giveUp, ...identity } = params
  const outcomes = yield* sweep(
    {
      training,
      heldOut: parts?.heldOut,
      normaliser: normalised,
      identity: { ...identity, classes: problem.classes, heldOut: fraction },
      giveUp,
    },
    sgd,
  )
  const common: Common = { ...sgd, width: problem.width, classes: problem.classes }
  const chosen = chosenOf(outcomes)
  const variant = Effect.fnUntraced(function* (name: Variant["name"], at: number, state: State) {
    const made: Variant = { name, onnx: yield* modelOf(normalised, state, common), setting: said[at] ?? {} }
    return made
  })
  const final = yield* variant("final", chosen, outcomes[chosen]?.trained.state ?? {})
  const at = bestOf(outcomes)
  const state = at === undefined ? undefined : outcomes[at]?.trained.best?.state
  const fitted: Fitted = {
    variants: at === undefined || state === undefined ? [final] : [final, yield* variant("best", at, state)],
    course: courseOf(outcomes, chosen, said, training.rows, sgd),
  }
  return fitted
})
