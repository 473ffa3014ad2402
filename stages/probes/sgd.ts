import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { StageError } from "../../src/dsl/StageError.ts"
import type { Segment } from "./FeatureRows.ts"
import type { Problem } from "./Problem.ts"
import type { Schedule } from "./schedule.ts"
import type { Common, Setting } from "./sgdShape.ts"

/** A training of one or many settings, as PyTorch's optimiser and DataLoader (shuffled, the last batch kept) have it. */
export interface Sgd extends Omit<Common, "width" | "classes"> {
  /** What differs: all are trained on the same batches. */
  readonly settings: ReadonlyArray<Setting>
  readonly epochs: number
  /** Steps that count as an epoch; null where an epoch is one pass over the rows. */
  readonly stepsPerEpoch: number | null
  readonly schedule: Schedule
  /** Where the weights start: at 0, drawn from N(0, .01²), or from U(±1/√width) as `torch.nn.Linear` does, the bias too. */
  readonly start: "zeros" | "normal" | "uniform"
  /** Orders the rows of each pass, and draws the start. */
  readonly seed: number
}

/** How many steps there are, and in what the numbers of rows differ. */
export interface Steps {
  readonly perPass: number
  readonly perEpoch: number
  readonly all: number
  /** The rows of a step. */
  readonly rows: (step: number) => number
}

/** The steps of a training on so many rows. */
export const stepsOf = (rows: number, { batch, epochs, stepsPerEpoch }: Sgd): Steps => {
  const perPass = Math.ceil(rows / batch)
  const perEpoch = stepsPerEpoch ?? perPass
  return {
    perPass,
    perEpoch,
    all: perEpoch * epochs,
    rows: (step) => ((step + 1) % perPass === 0 ? rows - (perPass - 1) * batch : batch),
  }
}

/**
 * Walks over the rows from step `first` on, pass after pass, and hands each
 * stretch of steps to `take`, cut where an epoch ends; after that `ended` says
 * whether to go on.
 */
export const walk = Effect.fnUntraced(function* <R>(
  { features, rows }: Problem,
  sgd: Sgd,
  first: number,
  take: (segment: Segment, from: number, to: number, step: number) => Effect.Effect<void, StageError, R>,
  ended: (epoch: number) => Effect.Effect<boolean, StageError, R>,
) {
  const steps = stepsOf(rows, sgd)
  const firstPass = Math.floor(first / steps.perPass)
  const passes = Math.ceil(steps.all / steps.perPass) - firstPass
  let step = first
  let skipped = first - firstPass * steps.perPass
  const segments = Stream.range(firstPass, firstPass + passes - 1).pipe(
    Stream.flatMap((epoch) => features.epoch({ batch: sgd.batch, seed: sgd.seed, epoch })),
  )
  yield* Stream.runForEachWhile(
    segments,
    Effect.fnUntraced(function* (segment) {
      const count = Math.ceil(segment.order.length / sgd.batch)
      let at = Math.min(skipped, count)
      skipped -= at
      while (at < count) {
        const epoch = Math.floor(step / steps.perEpoch)
        const end = Math.min(count, at + (epoch + 1) * steps.perEpoch - step)
        yield* take(segment, at, end, step)
        step += end - at
        at = end
        if (step === (epoch + 1) * steps.perEpoch && !(yield* ended(epoch))) return false
      }
      return true
    }),
  )
})

/** Fails where a batch would have one row only, of which batch norm has no variance. */
export const checkBatches = ({ rows }: Problem, { batch, batchNorm }: Sgd) =>
  batchNorm !== "none" && rows % batch === 1
    ? new StageError({
        message: `of ${rows} rows in batches of ${batch} the last batch has one row: batch norm needs two`,
        hint: "choose another `batch`, or another `heldOut`",
      })
    : Effect.void
