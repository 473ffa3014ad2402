import { describe, expect, it } from "@effect/vitest"
import { factorAt, type Schedule } from "../../../stages/probes/schedule.ts"

const plain: Schedule = { shape: "constant", every: "epoch", warmUp: 0, milestones: [], factor: 0.1 }
const factors = (schedule: Partial<Schedule>, epochs: number, stepsPerEpoch: number) =>
  Array.from({ length: epochs * stepsPerEpoch }, (_, step) =>
    factorAt({ ...plain, ...schedule }, { step, stepsPerEpoch, epochs }),
  )
const near = (made: ReadonlyArray<number>, wanted: ReadonlyArray<number>) => {
  expect(made).toHaveLength(wanted.length)
  made.forEach((factor, i) => expect(factor).toBeCloseTo(wanted[i] ?? NaN, 12))
}

describe("the schedule of the rate", () => {
  it("is 1 throughout where it is constant", () => near(factors({}, 2, 2), [1, 1, 1, 1]))

  it("falls as a cosine from step to step, or from epoch to epoch", () => {
    const half = Math.SQRT1_2 / 2
    near(factors({ shape: "cosine", every: "step" }, 2, 2), [1, 0.5 + half, 0.5, 0.5 - half])
    near(factors({ shape: "cosine" }, 2, 2), [1, 1, 0.5, 0.5])
  })

  it("falls at each milestone", () =>
    near(factors({ shape: "steps", milestones: [1, 3], factor: 0.1 }, 4, 1), [1, 0.1, 0.1, 0.01]))

  it("grows from 0 by steps, in front of what follows", () =>
    near(factors({ warmUp: 1, every: "step" }, 2, 4), [0, 0.25, 0.5, 0.75, 1, 1, 1, 1]))

  it("grows by epochs as Marks et al. have it, and the cosine fills the rest", () => {
    // CosineWarmupScheduler(warmup_epochs=2, max_epochs=6) of manuelknott/ssl_eval_protocols.
    const wanted = [1 / 3, 2 / 3, ...[0, 1, 2, 3].map((e) => (Math.cos((Math.PI * e) / 4) + 1) / 2)]
    near(factors({ shape: "cosine", warmUp: 2 }, 6, 1), wanted)
  })
})
