import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Progress } from "../../src/dsl/Services.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { openMeasure } from "./heldOut.ts"
import { keeping } from "./keeping.ts"
import type { Normaliser } from "./normalise.ts"
import type { Problem } from "./Problem.ts"
import type { Trained } from "./savedRun.ts"
import { checkBatches, type Sgd, stepsOf, walk } from "./sgd.ts"
import type { Common, Setting, State } from "./sgdShape.ts"
import { startOf } from "./sgdState.ts"
import { openTrainer } from "./trainer.ts"

// What was trained is saved at least this often, in milliseconds of training.
const interval = 120_000

/** What is trained on, and what may be taken up of earlier trainings. */
export interface Task {
  readonly training: Problem
  /** What the settings are compared on. */
  readonly heldOut: Problem | undefined
  readonly normaliser: Normaliser
  /** What else decides the numbers, besides the settings and the data: a JSON value. */
  readonly identity: unknown
  /** Whether settings without hope are given up. */
  readonly giveUp: boolean
}

/** What became of a setting. */
export interface Outcome {
  readonly setting: Setting
  readonly trained: Trained
  /** Why it was given up; undefined where it went to the end. */
  readonly stopped: string | undefined
}

interface Run {
  readonly setting: Setting
  trained: Trained
  stopped: string | undefined
}

// Copies: views would keep the tensors of all settings.
const parametersOf = (state: State): State =>
  Object.fromEntries(
    Object.entries(state).flatMap(([name, data]) => (name.endsWith("Momentum") ? [] : [[name, data.slice()]])),
  )

const percent = (share: number) => `${(share * 100).toFixed(1)}%`

const diverged = ({ losses, done }: Trained, perEpoch: number) => {
  const at = losses.findIndex((loss) => !Number.isFinite(loss))
  return at < 0 ? undefined : { epoch: done - 1, step: at - (done - 1) * perEpoch }
}

/** What an earlier training took further, as if it had ended here. */
const upTo = (trained: Trained, epochs: number, perEpoch: number): Trained => ({
  ...trained,
  done: epochs,
  losses: trained.losses.subarray(0, epochs * perEpoch),
  heldOut: trained.heldOut.slice(0, epochs),
  best: (trained.best?.epoch ?? 0) < epochs ? trained.best : undefined,
})

const lost = (runs: ReadonlyArray<Run>, sgd: Sgd) => {
  const last = runs.reduce((a, b) => ((b.trained.diverged?.epoch ?? 0) > (a.trained.diverged?.epoch ?? 0) ? b : a))
  const { epoch, step } = last.trained.diverged ?? { epoch: 0, step: 0 }
  const which = runs.length === 1 ? "" : `every setting's, the last `
  return new StageError({
    message: `the training loss is not finite: ${which}in epoch ${epoch + 1} of ${sgd.epochs}, step ${step + 1}, at a rate of up to ${last.setting.rate}`,
    hint: 'lower `rate`, or bring the features to one scale: `normalise: "standardise"`',
  })
}

/** How the training goes: the loss of the last epoch and the accuracy on the held-out part, the best of those under way. */
const course = (runs: ReadonlyArray<Run>, perEpoch: number): string => {
  const under = runs.filter(({ stopped }) => stopped === undefined)
  const last = under.map(({ trained: { losses } }) => {
    const epoch = losses.subarray(losses.length - perEpoch)
    return epoch.reduce((sum, loss) => sum + loss, 0) / epoch.length
  })
  const accuracies = under.flatMap(({ trained: { heldOut } }) => heldOut.at(-1) ?? [])
  const loss = last.length === 0 ? [] : [`loss ${Math.min(...last).toPrecision(3)}`]
  return [
    ...loss,
    ...(accuracies.length === 0 ? [] : [`held out ${(100 * Math.max(...accuracies)).toFixed(1)}%`]),
  ].join(", ")
}

/**
 * Trains all settings of `sgd` side by side, on the same batches. What an
 * earlier training with the same steps has saved is taken up, setting by
 * setting, after its last epoch that is the same here too.
 *
 * A setting is given up where its loss is not finite, and, unless `giveUp` is
 * false, where after a third of the epochs or later its accuracy on the
 * held-out part is below half of the best setting's.
 *
 * Errors: no setting is left.
 */
export const sweep = Effect.fnUntraced(function* (task: Task, sgd: Sgd) {
  const { heldOut, normaliser, training } = task
  yield* checkBatches(training, sgd)
  const progress = yield* Progress
  const common: Common = { ...sgd, width: training.width, classes: training.classes }
  const steps = stepsOf(training.rows, sgd)
  const kept = yield* keeping(task.identity, sgd, steps.perEpoch)
  const begun: Trained = {
    done: 0,
    state: startOf(sgd, common),
    losses: new Float32Array(0),
    heldOut: [],
    best: undefined,
    diverged: undefined,
  }
  const runs = yield* Effect.forEach(
    sgd.settings,
    Effect.fnUntraced(function* (setting): Effect.fn.Return<Run> {
      return { setting, trained: (yield* kept.load(setting)) ?? begun, stopped: undefined }
    }),
  )
  const living = () => runs.filter(({ stopped }) => stopped === undefined)
  const save = ({ setting, trained }: Run) => kept.save(setting, trained)

  // After an epoch: who is to be given up, seen from what all settings did up to here.
  const judge = Effect.fnUntraced(function* (epoch: number) {
    for (const run of living()) {
      const at = run.trained.diverged
      if (at === undefined || at.epoch > epoch) continue
      run.stopped = `the loss was not finite in epoch ${at.epoch + 1}, step ${at.step + 1}`
      yield* save(run)
    }
    const left = living()
    if (left.length === 0) return yield* lost(runs, sgd)
    const best = left.reduce((most, { trained }) => Math.max(most, trained.heldOut[epoch] ?? 0), 0)
    if (!task.giveUp || (epoch + 1) * 3 < sgd.epochs || epoch + 1 === sgd.epochs) return
    for (const run of left) {
      const accuracy = run.trained.heldOut[epoch] ?? best
      if (accuracy * 2 >= best) continue
      run.stopped = `given up after epoch ${epoch + 1}: ${percent(accuracy)} of the held-out part, the best has ${percent(best)}`
      if (run.trained.done === epoch + 1) yield* save(run)
      else run.trained = upTo(run.trained, epoch + 1, steps.perEpoch)
    }
  })

  const stretch = Effect.fnUntraced(function* (active: ReadonlyArray<Run>, from: number) {
    const { groups, trainer } = yield* openTrainer(
      training,
      normaliser,
      sgd,
      active.map(({ setting }) => setting),
      active.map(({ trained }) => trained.state),
    )
    const measure = heldOut === undefined ? undefined : yield* openMeasure(heldOut, normaliser, common, groups)
    const losses = active.map(() => new Float32Array(steps.perEpoch))
    let next = from
    let saved = yield* Clock.currentTimeMillis
    // What was saved for the sake of time alone gives way to the next.
    let spare: number | undefined

    const ended = Effect.fnUntraced(function* (epoch: number) {
      const states = trainer.states()
      const accuracies = measure === undefined ? [] : yield* measure(trainer.tensors())
      for (const [i, run] of active.entries()) {
        const state = states[i] ?? run.trained.state
        const accuracy = accuracies[i]
        const before = run.trained
        const all = new Float32Array((epoch + 1) * steps.perEpoch)
        all.set(before.losses)
        all.set(losses[i] ?? [], epoch * steps.perEpoch)
        const better = accuracy !== undefined && accuracy > (before.best?.accuracy ?? -1)
        const after = {
          ...before,
          done: epoch + 1,
          state,
          losses: all,
          heldOut: accuracy === undefined ? [] : [...before.heldOut, accuracy],
          best: better ? { epoch, accuracy, state: parametersOf(state) } : before.best,
        }
        run.trained = { ...after, diverged: diverged(after, steps.perEpoch) }
      }
      next = epoch + 1
      yield* judge(epoch)
      yield* progress.report(epoch + 1, sgd.epochs, "epochs", course(active, steps.perEpoch))
      const now = yield* Clock.currentTimeMillis
      const last = epoch + 1 === sgd.epochs
      const falls = sgd.schedule.shape === "steps" && sgd.schedule.milestones.includes(epoch + 1)
      if (last || falls || now - saved >= interval) {
        for (const run of active) {
          if (run.stopped === undefined) yield* save(run)
          if (spare !== undefined) yield* kept.drop(run.setting, spare)
        }
        spare = last || falls ? undefined : next
        saved = now
      }
      const same = living().filter(({ trained }) => trained.done === next)
      return !last && same.length === active.length
    })
    const take = Effect.fnUntraced(function* (
      segment: Parameters<typeof trainer.run>[0],
      begin: number,
      end: number,
      step: number,
    ) {
      const made = yield* trainer.run(segment, begin, end, step)
      const at = step % steps.perEpoch
      for (const [i, part] of made.entries()) losses[i]?.set(part, at)
      const broken = made.map((part) => part.findIndex((loss) => !Number.isFinite(loss)))
      if (broken.includes(-1) || active.length < living().length) return
      const epoch = Math.floor(step / steps.perEpoch)
      for (const [i, run] of active.entries()) {
        run.trained = { ...run.trained, diverged: { epoch, step: at + (broken[i] ?? 0) } }
      }
      return yield* lost(runs, sgd)
    })
    yield* walk(training, sgd, from * steps.perEpoch, take, ended)
    return next
  }, Effect.scoped)

  let epoch = 0
  while (epoch < sgd.epochs) {
    const active = living().filter(({ trained }) => trained.done <= epoch)
    if (active.length > 0) {
      epoch = yield* stretch(active, epoch)
    } else {
      yield* judge(epoch)
      epoch++
    }
  }
  return runs.map(({ setting, stopped, trained }): Outcome => ({ setting, trained, stopped }))
})
