import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Progress } from "../../../src/dsl/Services.ts"
import { type Sgd, train } from "../../../stages/probes/sgd.ts"
import { services } from "../../harness.ts"
import * as reference from "./reference.ts"

const plain: Sgd = {
  epochs: 2,
  batch: 16,
  rate: 0.4,
  schedule: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  momentum: 0.9,
  nesterov: true,
  decay: 0,
  seed: 0,
}
const trained = (problem: Parameters<typeof train>[0], options: Sgd) =>
  train(problem, (_, features) => features, options).pipe(Effect.provide(services()))

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const part = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 0.95 }))

const farthest = (a: ArrayLike<number>, b: ReadonlyArray<number>) =>
  b.reduce((most, value, i) => Math.max(most, Math.abs(value - (a[i] ?? NaN)) / Math.max(1, Math.abs(value))), 0)

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
    },
    ({ batch, classes, decay, decays, epochs, momentum, name, nesterov, rows, width }) =>
      Effect.gen(function* () {
        const problem = reference.problemOf(`${name}`, rows, width, classes)
        const options = { ...plain, batch, epochs, momentum, nesterov, decay: decays ? decay / 10 : 0, rate: 0.1 }
        const made = yield* trained(problem, options)
        const wanted = reference.sgd(problem, options)
        expect(farthest(made.weights, wanted.weights)).toBeLessThan(1e-4)
        expect(farthest(made.bias, wanted.bias)).toBeLessThan(1e-4)
        expect(farthest(made.curve, wanted.curve)).toBeLessThan(1e-4)
      }),
  )

  it.effect("starts at a loss of ln(classes)", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("start", 50, 5, 7)
      const { curve } = yield* trained(problem, { ...plain, epochs: 1, batch: 1024 })
      expect(curve).toHaveLength(1)
      expect(curve[0]).toBeCloseTo(Math.log(7), 5)
    }),
  )

  it.effect("gives the same numbers on a thread of its own as on the caller's", () =>
    Effect.gen(function* () {
      // Large enough for a thread, by the sizes alone: the columns beyond the first four are 0.
      const small = reference.problemOf("threads", 64, 4, 3)
      const width = 300_000
      const features = new Float32Array(64 * width)
      for (let row = 0; row < 64; row++) features.set(small.features.subarray(row * 4, row * 4 + 4), row * width)
      const options = { ...plain, epochs: 1 }
      const wide = yield* trained({ ...small, features, width }, options)
      const narrow = reference.sgd(small, options)
      expect(farthest(wide.bias, narrow.bias)).toBeLessThan(1e-4)
      expect(farthest(wide.weights.subarray(0, 4), narrow.weights.slice(0, 4))).toBeLessThan(1e-4)
    }),
  )

  it.effect("reports each epoch", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const noting = Progress.of({
        report: (done, total, unit) => Effect.sync(() => void seen.push(`${done}/${total} ${unit}`)),
      })
      yield* train(reference.problemOf("progress", 20, 2, 2), (_, x) => x, { ...plain, epochs: 3 }).pipe(
        Effect.provideService(Progress, noting),
        Effect.provide(services()),
      )
      expect(seen).toEqual(["1/3 epochs", "2/3 epochs", "3/3 epochs"])
    }),
  )

  it.effect("says when and at which rate the loss is lost", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("diverging", 40, 3, 2)
      const huge = { ...problem, features: problem.features.map((x) => x * 1e18) }
      const error = yield* Effect.flip(trained(huge, { ...plain, rate: 1e6 }))
      expect(error.message).toMatch(/not finite in epoch \d of 2, at a rate of up to 1000000/)
      expect(error.hint).toContain("rate")
    }),
  )
})
