import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { inverse } from "../../../stages/probes/inverse.ts"
import { inMemory } from "../../../stages/probes/Problem.ts"
import { openRidge } from "../../../stages/probes/ridgeFit.ts"
import { random } from "../../../stages/random.ts"
import { services } from "../../harness.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("ridge regression", () => {
  it.effect.prop(
    "solves the normal equations of centred features and targets of 1 and -1",
    {
      name: between(0, 1e6),
      rows: between(4, 60),
      width: between(1, 12),
      classes: between(2, 5),
      power: between(-3, 3),
    },
    ({ classes, name, power, rows, width }) =>
      Effect.gen(function* () {
        const { below, normal } = random(`${name}`)
        const labels = Int32Array.from({ length: rows }, () => below(classes))
        const features = Float32Array.from({ length: rows * width }, () => 100 + normal())
        const alpha = 10 ** power
        const solve = yield* openRidge(inMemory(features, labels, { width, classes }), (_, x) => x)
        const { bias, weights } = yield* solve(alpha)
        for (let c = 0; c < classes; c++) {
          const missing = Array.from(labels, (label, row) => {
            const x = features.subarray(row * width, (row + 1) * width)
            return (
              (label === c ? 1 : -1) - x.reduce((sum, v, i) => sum + v * (weights[c * width + i] ?? 0), bias[c] ?? 0)
            )
          })
          expect(Math.abs(missing.reduce((a, b) => a + b, 0))).toBeLessThan(1e-7)
          for (let i = 0; i < width; i++) {
            const steep = missing.reduce((sum, m, row) => sum + m * (features[row * width + i] ?? 0), 0)
            expect(Math.abs(steep - alpha * (weights[c * width + i] ?? 0))).toBeLessThan(1e-5)
          }
        }
      }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("inverts matrices larger than the plain algorithm takes", () =>
    Effect.gen(function* () {
      const size = 131
      const { normal } = random("matrix")
      const root = Array.from({ length: size * size }, normal)
      const matrix = new Float64Array(size * size)
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          let sum = i === j ? 1 : 0
          for (let k = 0; k < size; k++) sum += (root[i * size + k] ?? 0) * (root[j * size + k] ?? 0)
          matrix[i * size + j] = sum
        }
      }
      const inverted = yield* inverse(matrix, size)
      for (let i = 0; i < size; i += 10) {
        for (let j = 0; j < size; j++) {
          let sum = 0
          for (let k = 0; k < size; k++) sum += (matrix[i * size + k] ?? 0) * (inverted[k * size + j] ?? 0)
          expect(sum).toBeCloseTo(i === j ? 1 : 0, 8)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(services())),
  )

  it.effect("refuses a matrix that has no inverse", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(inverse(Float64Array.of(1, 1, 1, 1), 2))
      expect(error.hint).toContain("alpha")
    }).pipe(Effect.scoped, Effect.provide(services())),
  )
})
