import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { openLogistic } from "../../../stages/probes/logisticFit.ts"
import { openMultinomial } from "../../../stages/probes/multinomial.ts"
import type { Normaliser } from "../../../stages/probes/normalise.ts"
import { inMemory, type Problem } from "../../../stages/probes/Problem.ts"
import { random } from "../../../stages/random.ts"
import { services } from "../../harness.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const none: Normaliser = (_, features) => features

interface Drawn {
  readonly features: Float32Array
  readonly labels: Int32Array
  readonly width: number
  readonly classes: number
}

/** Features around a mean of each class, all classes present; `apart` says how far the means are. */
const draw = (name: string, rows: number, width: number, classes: number, apart = 1): Drawn => {
  const { below, normal } = random(name)
  const labels = Int32Array.from({ length: rows }, (_, row) => (row < classes ? row : below(classes)))
  const means = Array.from({ length: classes * width }, normal)
  const features = Float32Array.from({ length: rows * width }, (_, at) => {
    const label = labels[Math.floor(at / width)] ?? 0
    return 2 + apart * (means[label * width + (at % width)] ?? 0) + normal()
  })
  return { features, labels, width, classes }
}

const problemOf = (drawn: Drawn): Problem => inMemory(drawn.features, drawn.labels, drawn)

const exact = { tol: 1e-6, iterations: 1000 }

const fitted = (drawn: Drawn, c = 1, ending = exact, warm?: Parameters<Fit>[1]) =>
  Effect.gen(function* () {
    const { fit } = yield* openLogistic(problemOf(drawn), none, ending)
    return yield* fit(c, warm)
  }).pipe(Effect.scoped, Effect.provide(services()))
type Fit = Effect.Success<ReturnType<typeof openLogistic>>["fit"]

/** The objective over C · rows, and the largest number in its gradient, as plainly as they can be reckoned. */
const plainly = (drawn: Drawn, weights: ArrayLike<number>, bias: ArrayLike<number>, penalty: number) => {
  const { classes, features, labels, width } = drawn
  const rows = labels.length
  const gradient = new Float64Array(classes * (width + 1))
  let value = 0
  for (let row = 0; row < rows; row++) {
    const x = Array.from(features.subarray(row * width, (row + 1) * width))
    const logits = Array.from({ length: classes }, (_, c) =>
      x.reduce((sum, v, i) => sum + v * (weights[c * width + i] ?? 0), bias[c] ?? 0),
    )
    const highest = Math.max(...logits)
    const total = highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0))
    const label = labels[row] ?? 0
    value += (total - (logits[label] ?? 0)) / rows
    logits.forEach((logit, c) => {
      const error = (Math.exp(logit - total) - (c === label ? 1 : 0)) / rows
      x.forEach((v, i) => (gradient[c * width + i] = (gradient[c * width + i] ?? 0) + error * v))
      gradient[classes * width + c] = (gradient[classes * width + c] ?? 0) + error
    })
  }
  for (let i = 0; i < classes * width; i++) {
    value += (penalty / 2) * (weights[i] ?? 0) ** 2
    gradient[i] = (gradient[i] ?? 0) + penalty * (weights[i] ?? 0)
  }
  return { value, steepest: gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0) }
}

const farthest = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? NaN))), 0)

const sizes = { name: between(0, 1e6), rows: between(5, 60), width: between(1, 12), classes: between(2, 5) }

describe("logistic regression", () => {
  it.effect.prop("has the gradient that differences of values give", sizes, ({ classes, name, rows, width }) =>
    Effect.gen(function* () {
      const drawn = draw(`${name}`, rows, width, classes)
      const { normal } = random(`${name}/place`)
      const mean = Float64Array.from({ length: width }, () => normal())
      const evaluate = yield* openMultinomial(problemOf(drawn), none, { mean, penalty: 0.1, precision: "float64" })
      const place = Float64Array.from({ length: classes * (width + 1) }, () => normal() / 2)
      const { gradient } = yield* evaluate(place)
      const step = 1e-5
      for (let at = 0; at < place.length; at += Math.ceil(place.length / 7)) {
        const moved = (by: number) => evaluate(place.map((x, i) => (i === at ? x + by : x)))
        const slope = ((yield* moved(step)).value - (yield* moved(-step)).value) / (2 * step)
        expect(Math.abs(slope - (gradient[at] ?? NaN))).toBeLessThan(1e-7 * Math.max(1, Math.abs(slope)))
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect.prop(
    "ends where the gradient is none, separable or not, whatever C",
    { ...sizes, power: between(-2, 2), apart: between(0, 5) },
    ({ apart, classes, name, power, rows, width }) =>
      Effect.gen(function* () {
        const drawn = draw(`${name}`, rows, width, classes, apart)
        const c = 10 ** power
        const penalty = 1 / (c * rows)
        const { linear, losses, stopped } = yield* fitted(drawn, c)
        expect(stopped).toBeUndefined()
        const { steepest, value } = plainly(drawn, linear.weights, linear.bias, penalty)
        expect(Math.abs((losses.at(-1) ?? NaN) - value)).toBeLessThan(1e-9 * Math.max(value, 1e-3))
        // The penalty's curvature bounds how far weights and value are from the optimum.
        expect(steepest ** 2 / (2 * penalty)).toBeLessThan(1e-6 * value)
      }),
  )

  it.effect.prop("does not see the order of rows, nor where it starts", sizes, ({ classes, name, rows, width }) =>
    Effect.gen(function* () {
      const drawn = draw(`${name}`, rows, width, classes)
      const order = Array.from({ length: rows }, (_, row) => row).reverse()
      const turned = {
        ...drawn,
        labels: Int32Array.from(order, (row) => drawn.labels[row] ?? 0),
        features: Float32Array.from(
          order.flatMap((row) => [...drawn.features.subarray(row * width, (row + 1) * width)]),
        ),
      }
      const first = yield* fitted(drawn)
      expect(farthest(first.linear.weights, (yield* fitted(turned)).linear.weights)).toBeLessThan(1e-4)
      const strong = yield* fitted(drawn, 0.01)
      const warm = yield* fitted(drawn, 1, exact, strong.linear)
      expect(farthest(first.linear.weights, warm.linear.weights)).toBeLessThan(1e-4)
    }),
  )

  it.effect("never lets the objective rise", () =>
    Effect.gen(function* () {
      const { losses } = yield* fitted(draw("falling", 200, 20, 5), 10)
      expect(losses[0]).toBeCloseTo(Math.log(5), 6)
      for (const [at, loss] of losses.slice(1).entries())
        expect(loss).toBeLessThanOrEqual((losses[at] ?? 0) * (1 + 1e-6))
    }),
  )

  it.effect("gives two classes weights that are each other's negative", () =>
    Effect.gen(function* () {
      const { linear } = yield* fitted(draw("two", 80, 5, 2))
      for (let i = 0; i < 5; i++) expect(linear.weights[i]).toBeCloseTo(-(linear.weights[5 + i] ?? 0), 5)
    }),
  )

  it.effect("never prefers a class without rows, and fits the others as if it were not there", () =>
    Effect.gen(function* () {
      const drawn = draw("hole", 90, 4, 3)
      const holed = { ...drawn, classes: 5, labels: drawn.labels.map((label) => label * 2) }
      const whole = yield* fitted(drawn)
      const { linear } = yield* fitted(holed)
      for (const [from, to] of [
        [0, 0],
        [1, 2],
        [2, 4],
      ] as const) {
        expect(linear.weights.subarray(to * 4, to * 4 + 4)).toEqual(
          whole.linear.weights.subarray(from * 4, from * 4 + 4),
        )
      }
      expect([linear.bias[1], linear.bias[3]]).toEqual([-1e30, -1e30])
    }),
  )

  it.effect("makes of constant features the frequencies of the classes", () =>
    Effect.gen(function* () {
      const labels = Int32Array.of(0, 0, 0, 1)
      const { linear } = yield* fitted({ features: new Float32Array(8).fill(3), labels, width: 2, classes: 2 })
      const at = (c: number) =>
        (linear.bias[c] ?? 0) + 3 * ((linear.weights[c * 2] ?? 0) + (linear.weights[c * 2 + 1] ?? 0))
      expect(at(0) - at(1)).toBeCloseTo(Math.log(3), 4)
    }),
  )

  it.effect("says that it ended before its optimum", () =>
    Effect.gen(function* () {
      const { losses, stopped } = yield* fitted(draw("early", 100, 10, 4), 100, { tol: 1e-6, iterations: 2 })
      expect(losses).toHaveLength(3)
      expect(stopped).toMatch(/^2 iterations: .*raise `iterations`/)
    }),
  )
})
