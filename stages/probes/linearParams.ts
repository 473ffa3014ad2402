import * as Schema from "effect/Schema"
import type { Normalise } from "./normalise.ts"
import { common, Count, defaulted, Positive } from "./Protocol.ts"
import type { Sgd } from "./sgd.ts"

/** A protocol's values of its params: what is left out is none of it. */
export interface Defaults {
  readonly normalise?: Normalise | "batch-norm"
  readonly affine?: boolean
  readonly epochs: number
  readonly stepsPerEpoch?: number
  readonly batch: number
  readonly rate: number | readonly [number, ...ReadonlyArray<number>]
  readonly referenceBatch: number | null
  readonly decay?: number
  readonly nesterov?: boolean
  readonly schedule: "constant" | "cosine" | "steps"
  readonly every: "step" | "epoch"
  readonly warmUp?: number
  readonly milestones?: ReadonlyArray<number>
  readonly clip?: number
  readonly start: "zeros" | "normal" | "uniform"
}

const Zero = /* @__PURE__ */ Schema.Finite.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0))
const Part = /* @__PURE__ */ Schema.Finite.check(
  /* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0),
  /* @__PURE__ */ Schema.isLessThan(1),
)
const Whole = /* @__PURE__ */ Schema.Int.check(/* @__PURE__ */ Schema.isGreaterThanOrEqualTo(0))
const oneOrMore = <S extends Schema.Top>(schema: S) => Schema.Union([schema, Schema.NonEmptyArray(schema)])

/**
 * The params of all linear protocols, with one's own values as defaults.
 *
 * - `rate`, `decay`: a number, or a list: all combinations are trained side by
 *   side. A rate is that of a batch of `referenceBatch` rows, and is scaled by
 *   `batch / referenceBatch`; null for a rate that is not scaled. A decay is
 *   PyTorch's, on weights and bias.
 * - `epochs`, `stepsPerEpoch` (null: an epoch is one pass over the rows), `batch`.
 * - `momentum`, `nesterov`, `clip` (the highest length of a gradient, or null),
 *   `trust` (LARS' trust coefficient, or null for plain SGD).
 * - `schedule`, `every`, `warmUp` (in epochs), `milestones` and `factor`: see `schedule.ts`.
 * - `normalise` may be `batch-norm` too: by the batch's statistics in training, by
 *   running ones afterwards.
 * - `start`: of the weights. `seed`: of the start, the order of rows and the held-out part.
 * - `affine`: whether batch norm has a scale and a shift, which are trained and
 *   do not decay; without `normalise: "batch-norm"` it says nothing.
 * - `heldOut`: the part of the training set that settings are compared on and
 *   `best` is chosen by; 0 for one setting and .1 for several where nothing is said.
 * - `giveUp`: false to train settings without hope to the end.
 */
export const linearParams = <const Name extends string>(name: Name, given: Defaults) => ({
  ...common(name, { normalise: "none" }),
  normalise: defaulted(Schema.Literals(["none", "l2", "standardise", "batch-norm"]), given.normalise ?? "none"),
  affine: defaulted(Schema.Boolean, given.affine ?? false),
  epochs: defaulted(Count, given.epochs),
  stepsPerEpoch: defaulted(Schema.NullOr(Count), given.stepsPerEpoch ?? null),
  batch: defaulted(Count, given.batch),
  rate: defaulted(oneOrMore(Positive), given.rate),
  referenceBatch: defaulted(Schema.NullOr(Count), given.referenceBatch),
  decay: defaulted(oneOrMore(Zero), given.decay ?? 0),
  momentum: defaulted(Part, 0.9),
  nesterov: defaulted(Schema.Boolean, given.nesterov ?? false),
  clip: defaulted(Schema.NullOr(Positive), given.clip ?? null),
  trust: defaulted(Schema.NullOr(Positive), null),
  schedule: defaulted(Schema.Literals(["constant", "cosine", "steps"]), given.schedule),
  every: defaulted(Schema.Literals(["step", "epoch"]), given.every),
  warmUp: defaulted(Whole, given.warmUp ?? 0),
  milestones: defaulted(Schema.Array(Count), given.milestones ?? []),
  factor: defaulted(Positive, 0.1),
  start: defaulted(Schema.Literals(["zeros", "normal", "uniform"]), given.start),
  seed: defaulted(Schema.Int, 0),
  heldOut: Schema.optionalKey(Part),
  giveUp: defaulted(Schema.Boolean, true),
})

/** The params of a linear protocol. */
export type LinearParams = Omit<Schema.Struct.Type<ReturnType<typeof linearParams<string>>>, "protocol">

const list = (given: number | ReadonlyArray<number>) => (typeof given === "number" ? [given] : given)

/** The training that params ask for; `said` is what of each setting was swept. */
export const sgdOf = (params: LinearParams) => {
  const { affine, batch, clip, epochs, momentum, nesterov, normalise, seed, start, stepsPerEpoch, trust } = params
  const { every, factor, milestones, referenceBatch, schedule, warmUp } = params
  const [rates, decays] = [list(params.rate), list(params.decay)]
  const pairs = rates.flatMap((rate) => decays.map((decay) => ({ rate, decay })))
  const sgd: Sgd = {
    settings: pairs.map(({ decay, rate }) => ({
      rate: referenceBatch === null ? rate : (rate * batch) / referenceBatch,
      decay,
    })),
    epochs,
    stepsPerEpoch,
    batch,
    momentum,
    nesterov,
    clip,
    trust,
    batchNorm: normalise !== "batch-norm" ? "none" : affine ? "affine" : "plain",
    schedule: { shape: schedule, every, warmUp, milestones, factor },
    start,
    seed,
  }
  const said = pairs.map(({ decay, rate }) => ({
    ...(rates.length > 1 ? { rate } : {}),
    ...(decays.length > 1 ? { decay } : {}),
  }))
  return { sgd, said, heldOut: params.heldOut ?? (pairs.length > 1 ? 0.1 : 0) }
}
