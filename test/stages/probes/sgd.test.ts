import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Progress } from "../../../src/dsl/Services.ts"
import { inMemory, type Problem } from "../../../stages/probes/Problem.ts"
import type { Sgd } from "../../../stages/probes/sgd.ts"
import { sweep, type Task } from "../../../stages/probes/sweep.ts"
import { services } from "../../harness.ts"
import { clouds, constant, cosine, farthest, numbersOf, reference, short } from "./sgdReference.ts"

const taskOf = (training: Problem, rest: Partial<Task> = {}): Task => ({
  training,
  heldOut: undefined,
  normaliser: (_, features) => features,
  identity: {},
  giveUp: true,
  ...rest,
})
const trained = (problem: Problem, sgd: Sgd) => sweep(taskOf(problem), sgd).pipe(Effect.provide(services()))

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const part = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.95 }))

describe("SGD", () => {
  it.effect.prop(
    "takes the steps of PyTorch's optimiser and DataLoader",
    {
      name: between(0, 1e6),
      rows: between(4, 40),
      width: between(1, 6),
      classes: between(2, 4),
      batch: between(1, 45),
      epochs: between(1, 3),
      momentum: part,
      decay: part,
      nesterov: Schema.Boolean,
      decays: Schema.Boolean,
      clips: Schema.Boolean,
    },
    ({ batch, classes, clips, decay, decays, epochs, momentum, name, nesterov, rows, width }) =>
      Effect.gen(function* () {
        const problem = clouds(`${name}`, rows, width, classes)
        const setting = { rate: 0.1, decay: decays ? decay / 10 : 0 }
        const options = { ...short, settings: [setting], batch, epochs, momentum, nesterov, clip: clips ? 0.5 : null }
        const [made] = yield* trained(problem, options)
        const wanted = reference(problem, options, setting)
        expect(farthest(made?.trained.state["weights"] ?? [], wanted.weights)).toBeLessThan(1e-4)
        expect(farthest(made?.trained.state["bias"] ?? [], wanted.bias)).toBeLessThan(1e-4)
        expect(farthest(made?.trained.losses ?? [], wanted.losses)).toBeLessThan(1e-4)
      }),
  )

  it.effect.prop(
    "trains settings together as it trains each alone",
    {
      name: between(0, 1e6),
      width: between(1, 6),
      classes: between(2, 4),
      settings: between(2, 3),
      nesterov: Schema.Boolean,
      batchNorm: Schema.Literals(["none", "plain", "affine"]),
      clips: Schema.Boolean,
      lars: Schema.Boolean,
    },
    ({ batchNorm, classes, clips, lars, name, nesterov, settings, width }) =>
      Effect.gen(function* () {
        const problem = clouds(`${name}`, 37, width, classes)
        const all = Array.from({ length: settings }, (_, i) => ({ rate: 0.02 * (i + 1), decay: (i % 3) * 0.01 }))
        const options: Sgd = {
          ...short,
          settings: all,
          nesterov,
          batchNorm,
          clip: clips ? 0.3 : null,
          trust: lars ? 0.1 : null,
          start: "normal",
        }
        const together = yield* trained(problem, options)
        for (const [i, setting] of all.entries()) {
          const [alone] = yield* trained(problem, { ...options, settings: [setting] })
          expect(farthest(together[i]?.trained.losses ?? [], alone?.trained.losses ?? [])).toBeLessThan(1e-4)
          for (const [slot, numbers] of Object.entries(alone?.trained.state ?? {})) {
            expect(farthest(together[i]?.trained.state[slot] ?? [], numbers)).toBeLessThan(1e-3)
          }
        }
      }),
  )

  it.effect("starts at a loss of ln(classes)", () =>
    Effect.gen(function* () {
      const [made] = yield* trained(clouds("start", 50, 5, 7), { ...short, epochs: 1, batch: 1024 })
      expect(made?.trained.losses).toHaveLength(1)
      expect(made?.trained.losses[0]).toBeCloseTo(Math.log(7), 5)
    }),
  )

  it.effect("is as exact where exponentials of the logits overflow or vanish", () =>
    Effect.gen(function* () {
      const problem = clouds("large", 60, 4, 3, 40)
      const setting = { rate: 0.05, decay: 0 }
      const options = { ...short, settings: [setting] }
      const [made] = yield* trained(problem, options)
      const wanted = reference(problem, options, setting)
      expect(Math.max(...wanted.losses)).toBeGreaterThan(90)
      expect(farthest(made?.trained.losses ?? [], wanted.losses)).toBeLessThan(1e-3)
    }),
  )

  it.effect("counts epochs by steps where it is told to, on from pass to pass", () =>
    Effect.gen(function* () {
      const problem = clouds("steps", 50, 3, 3)
      const setting = { rate: 0.1, decay: 0 }
      for (const stepsPerEpoch of [1, 3, 7, 13]) {
        const options = { ...short, settings: [setting], stepsPerEpoch, schedule: cosine }
        const [made] = yield* trained(problem, options)
        const wanted = reference(problem, options, setting)
        expect(farthest(made?.trained.losses ?? [], wanted.losses)).toBeLessThan(1e-4)
      }
    }),
  )

  it.effect("gives the same numbers on a thread of its own as on the caller's", () =>
    Effect.gen(function* () {
      // Large enough for a thread, by the sizes alone: the columns beyond the first four are 0.
      const small = clouds("threads", 64, 4, 3)
      const width = 300_000
      const features = new Float32Array(64 * width)
      for (let row = 0; row < 64; row++) features.set(numbersOf(small).subarray(row * 4, row * 4 + 4), row * width)
      const options = { ...short, epochs: 1 }
      const [wide] = yield* trained(inMemory(features, small.labels, { width, classes: 3 }), options)
      const narrow = reference(small, options, { rate: 0.1, decay: 0 })
      expect(farthest(wide?.trained.state["bias"] ?? [], narrow.bias)).toBeLessThan(1e-4)
      expect(farthest(wide?.trained.state["weights"]?.subarray(0, 4) ?? [], narrow.weights.slice(0, 4))).toBeLessThan(
        1e-4,
      )
    }),
  )

  it.effect("reports each epoch", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const noting = Progress.of({
        report: (done, total, unit) => Effect.sync(() => void seen.push(`${done}/${total} ${unit}`)),
      })
      yield* sweep(taskOf(clouds("progress", 20, 2, 2)), short).pipe(
        Effect.provideService(Progress, noting),
        Effect.provide(services()),
      )
      expect(seen).toEqual(["1/3 epochs", "2/3 epochs", "3/3 epochs"])
    }),
  )

  it.effect("says when and at which rate the loss is lost", () =>
    Effect.gen(function* () {
      const problem = clouds("diverging", 40, 3, 2, 1e18)
      const options = { ...short, settings: [{ rate: 1e6, decay: 0 }], schedule: constant }
      const error = yield* Effect.flip(trained(problem, options))
      expect(error.message).toMatch(/not finite: in epoch \d of 3, step \d, at a rate of up to 1000000/)
      expect(error.hint).toContain("rate")
    }),
  )

  it.effect("refuses batch norm of a single row", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(trained(clouds("one", 33, 2, 2), { ...short, batchNorm: "plain" }))
      expect(error.message).toContain("the last batch has one row")
    }),
  )
})
