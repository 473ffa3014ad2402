import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Progress, Resume } from "../../../src/dsl/Services.ts"
import { StageError } from "../../../src/dsl/StageError.ts"
import type { Sgd } from "../../../stages/probes/sgd.ts"
import { type Outcome, sweep, type Task } from "../../../stages/probes/sweep.ts"
import { services } from "../../harness.ts"
import { clouds, constant, cosine, farthest, short } from "./sgdReference.ts"

const rates = (...values: ReadonlyArray<number>) => values.map((rate) => ({ rate, decay: 0 }))
const training = clouds("sweep", 90, 5, 4)
const heldOut = clouds("sweep", 120, 5, 4)
const base: Sgd = { ...short, settings: rates(0.1), schedule: constant, epochs: 4 }

/** A memory that survives trainings, and how many epochs are trained with it. */
const remembering = (clock = Progress.of({ report: () => Effect.void })) => {
  const kept = new Map<string, Uint8Array>()
  let trained = 0
  let crashAfter = Infinity
  const progress = Progress.of({
    report: () =>
      Effect.suspend(() => {
        trained++
        return trained >= crashAfter ? Effect.die("the power went") : clock.report(0, 0, "")
      }),
  })
  const memory = {
    load: (name: string) => Effect.sync(() => kept.get(name)),
    save: (name: string, bytes: Uint8Array) => Effect.sync(() => void kept.set(name, bytes)),
  }
  const run = (sgd: Sgd, rest: Partial<Task> = {}) =>
    Effect.gen(function* () {
      trained = 0
      const task: Task = { training, heldOut, normaliser: (_, x) => x, identity: {}, giveUp: true, ...rest }
      const outcomes = yield* sweep(task, sgd)
      return { outcomes, epochs: trained }
    }).pipe(
      Effect.provideService(Progress, progress),
      Effect.provideService(Resume, memory),
      Effect.provide(services()),
    )
  return { run, kept, crash: (after: number) => (crashAfter = after) }
}
const fresh = (sgd: Sgd, rest: Partial<Task> = {}) => remembering().run(sgd, rest)

/** Exactly the same numbers. */
const same = (a: ReadonlyArray<Outcome>, b: ReadonlyArray<Outcome>) => expect(a).toEqual(b)

const near = (a: ReadonlyArray<Outcome>, b: ReadonlyArray<Outcome>) => {
  expect(a.length).toBe(b.length)
  a.forEach(({ stopped, trained }, i) => {
    expect(stopped).toBe(b[i]?.stopped)
    expect(trained.heldOut.length).toBe(b[i]?.trained.heldOut.length)
    expect(farthest(trained.losses, b[i]?.trained.losses ?? [])).toBeLessThan(1e-4)
    expect(farthest(trained.state["weights"] ?? [], b[i]?.trained.state["weights"] ?? [])).toBeLessThan(1e-4)
  })
}

describe("a training that was begun before", () => {
  it.effect("goes on from the end of a shorter one where the rate is constant", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      expect((yield* run(base)).epochs).toBe(4)
      const longer = yield* run({ ...base, epochs: 10 })
      expect(longer.epochs).toBe(6)
      same(longer.outcomes, (yield* fresh({ ...base, epochs: 10 })).outcomes)
      expect((yield* run({ ...base, epochs: 10 })).epochs).toBe(0)
    }),
  )

  it.effect("goes on from where a longer one had a milestone", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      const steps = (...milestones: ReadonlyArray<number>) => ({ ...constant, shape: "steps" as const, milestones })
      yield* run({ ...base, epochs: 8, schedule: steps(3, 6) })
      const other = { ...base, epochs: 8, schedule: steps(3, 5) }
      const made = yield* run(other)
      expect(made.epochs).toBe(5)
      same(made.outcomes, (yield* fresh(other)).outcomes)
    }),
  )

  it.effect("takes nothing of a cosine of another length", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      yield* run({ ...base, schedule: cosine })
      const made = yield* run({ ...base, schedule: cosine, epochs: 6 })
      expect(made.epochs).toBe(6)
      same(made.outcomes, (yield* fresh({ ...base, schedule: cosine, epochs: 6 })).outcomes)
    }),
  )

  it.effect("takes nothing where anything else differs", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      yield* run(base)
      const others: ReadonlyArray<Partial<Sgd>> = [
        { batch: 17 },
        { seed: 1 },
        { momentum: 0.8 },
        { nesterov: false },
        { clip: 1 },
        { trust: 0.1 },
        { batchNorm: "plain" },
        { start: "normal" },
        { stepsPerEpoch: 3 },
        { settings: [{ rate: 0.1, decay: 0.1 }] },
      ]
      for (const other of others) expect((yield* run({ ...base, ...other })).epochs).toBe(4)
      expect((yield* run(base, { identity: { normalise: "l2" } })).epochs).toBe(4)
    }),
  )

  it.effect("trains only the rate that is new in a sweep, whatever the schedule", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      const three = { ...base, schedule: cosine, settings: rates(0.02, 0.1, 0.5) }
      yield* run(three)
      const four = { ...three, settings: rates(0.02, 0.05, 0.1, 0.5) }
      const alone = yield* fresh({ ...three, settings: rates(0.05) })
      const made = yield* run(four)
      expect(made.epochs).toBe(4)
      same(made.outcomes.slice(1, 2), alone.outcomes)
      near(made.outcomes, (yield* fresh(four)).outcomes)
      expect((yield* run({ ...four, settings: four.settings.toReversed() })).epochs).toBe(0)
    }),
  )

  it.effect("brings up those that are behind, then goes on with all together", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      yield* run(base)
      yield* run({ ...base, epochs: 2, settings: rates(0.3) })
      const both = { ...base, epochs: 6, settings: rates(0.1, 0.3) }
      const made = yield* run(both)
      expect(made.epochs).toBe(4)
      near(made.outcomes, (yield* fresh(both)).outcomes)
    }),
  )

  it.effect("keeps the statistics of batch norm, and what was best", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      const normed: Sgd = { ...base, batchNorm: "affine", start: "uniform" }
      yield* run(normed)
      const made = yield* run({ ...normed, epochs: 7 })
      expect(made.epochs).toBe(3)
      same(made.outcomes, (yield* fresh({ ...normed, epochs: 7 })).outcomes)
    }),
  )

  it.effect("starts again from what was saved before a crash", () =>
    Effect.gen(function* () {
      const { crash, run } = remembering()
      const long: Sgd = { ...base, epochs: 9, schedule: { ...constant, shape: "steps", milestones: [5] } }
      crash(8)
      yield* Effect.exit(run(long))
      crash(Infinity)
      const made = yield* run(long)
      expect(made.epochs).toBe(4)
      same(made.outcomes, (yield* fresh(long)).outcomes)
    }),
  )

  it.effect("keeps its state every two minutes, and only the last of those", () =>
    Effect.gen(function* () {
      const slow = Progress.of({ report: () => TestClock.adjust("1 minute") })
      const { crash, kept, run } = remembering(slow)
      const long = { ...base, epochs: 9, schedule: cosine }
      crash(6)
      yield* Effect.exit(run(long))
      const sizes = () => [...kept.values()].filter(({ length }) => length > 0).length
      expect(sizes()).toBe(1)
      crash(Infinity)
      const made = yield* run(long)
      // It was saved after epochs 2 and 4, and ended in the 6th.
      expect(made.epochs).toBe(5)
      same(made.outcomes, (yield* fresh(long)).outcomes)
      // The end, and what the crash left.
      expect(sizes()).toBe(2)
    }),
  )

  it.effect("trains from the start where what was kept is damaged", () =>
    Effect.gen(function* () {
      const { kept, run } = remembering()
      const first = yield* run(base)
      for (const [name, bytes] of kept) kept.set(name, bytes.subarray(0, bytes.length - 4))
      const again = yield* run(base)
      expect(again.epochs).toBe(4)
      same(again.outcomes, first.outcomes)
      for (const name of kept.keys()) kept.set(name, new Uint8Array(0))
      expect((yield* run(base)).epochs).toBe(4)
    }),
  )
})

describe("a sweep", () => {
  // Such a rate leaves all weights at 0, and every row with class 0.
  const hopeless = { ...base, epochs: 9, settings: rates(1e-50, 0.1) }

  it.effect("gives up what is far behind the best after a third of the epochs, and says so", () =>
    Effect.gen(function* () {
      const { epochs, outcomes } = yield* fresh(hopeless)
      expect(epochs).toBe(9)
      const [behind, best] = outcomes
      const [first = 1, leader = 0] = [behind?.trained.heldOut[0], best?.trained.heldOut[2]]
      expect(first).toBeLessThan(leader / 2)
      expect(behind?.stopped).toMatch(/^given up after epoch 3: \d+\.\d% of the held-out part, the best has \d+\.\d%$/)
      expect(behind?.trained.done).toBe(3)
      expect(best?.stopped).toBe(undefined)
    }),
  )

  it.effect("leaves the others as they are without it", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* fresh(hopeless)
      near(outcomes.slice(1), (yield* fresh({ ...hopeless, settings: rates(0.1) })).outcomes)
    }),
  )

  it.effect("gives nothing up where it is told not to", () =>
    Effect.gen(function* () {
      const { outcomes } = yield* fresh(hopeless, { giveUp: false })
      expect(outcomes.map(({ trained }) => trained.done)).toEqual([9, 9])
      expect(outcomes.map(({ stopped }) => stopped)).toEqual([undefined, undefined])
    }),
  )

  it.effect("gives up what an earlier training took further at the same epoch", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      yield* run(hopeless, { giveUp: false })
      const made = yield* run(hopeless)
      expect(made.epochs).toBe(0)
      expect(made.outcomes[0]?.trained.heldOut).toHaveLength(3)
      const wanted = (yield* fresh(hopeless)).outcomes
      near(made.outcomes.slice(1), wanted.slice(1))
      expect(made.outcomes[0]?.stopped).toBe(wanted[0]?.stopped)
      expect(farthest(made.outcomes[0]?.trained.losses ?? [], wanted[0]?.trained.losses ?? [])).toBeLessThan(1e-4)
    }),
  )

  it.effect("takes up what was given up where the schedule then lets it live longer", () =>
    Effect.gen(function* () {
      const { run } = remembering()
      yield* run(hopeless)
      const longer = { ...hopeless, epochs: 15 }
      const made = yield* run(longer)
      // The one that was given up after epoch 3 goes on to 5, the other from 9 to 15.
      expect(made.epochs).toBe(2 + 6)
      near(made.outcomes, (yield* fresh(longer)).outcomes)
    }),
  )

  it.effect("goes on without a rate that diverges", () =>
    Effect.gen(function* () {
      const huge = clouds("sweep", 90, 5, 3, 1e15)
      const settings = rates(1e-31, 1e12)
      const { outcomes } = yield* fresh({ ...base, settings }, { training: huge, heldOut: huge })
      expect(outcomes[0]?.stopped).toBe(undefined)
      expect(outcomes[1]?.stopped).toMatch(/^the loss was not finite in epoch 1, step \d$/)
      const error = yield* Effect.flip(
        fresh({ ...base, settings: rates(1e12, 1e13) }, { training: huge, heldOut: huge }),
      )
      expect(error).toBeInstanceOf(StageError)
      expect(error.message).toMatch(/not finite: every setting's, the last in epoch 1 of 4, step \d/)
    }),
  )
})
