import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { type Normalise, normaliser } from "../../../stages/probes/normalise.ts"
import { inMemory, type Problem } from "../../../stages/probes/Problem.ts"
import { services } from "../../harness.ts"
import * as reference from "./reference.ts"

const normalised = Effect.fnUntraced(function* (kind: Normalise, problem: Problem) {
  const g = Graph.make("test")
  const apply = yield* normaliser(kind, problem)
  const dims = ["rows", problem.width]
  g.output("out", g.op("Identity", [apply(g, g.input("features", "float32", dims))]), "float32", dims)
  const session = yield* Session.open(yield* g.bytes, { thread: "caller" })
  const fed = Tensor.float32([problem.rows, problem.width], reference.numbersOf(problem))
  const { out } = yield* session.run({ features: fed }, { out: "float32" })
  return reference.split(out.data, problem.width)
}, Effect.provide(services()))

const column = (rows: ReadonlyArray<ReadonlyArray<number>>, at: number) => rows.map((row) => row[at] ?? NaN)
const mean = (values: ReadonlyArray<number>) => values.reduce((sum, x) => sum + x, 0) / values.length
const deviation = (values: ReadonlyArray<number>) => {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((x) => (x - centre) ** 2)))
}

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("normalisation", () => {
  it.effect.prop(
    "standardised training features have mean 0 and deviation 1, far from 0 as well",
    { name: between(0, 1e6), rows: between(4, 60), width: between(1, 5), offset: between(-500, 500) },
    ({ name, offset, rows, width }) =>
      Effect.gen(function* () {
        const drawn = reference.problemOf(`${name}`, rows, width, 2)
        const made = yield* normalised(
          "standardise",
          reference.withFeatures(
            drawn,
            reference.numbersOf(drawn).map((x) => x + offset),
          ),
        )
        for (let i = 0; i < width; i++) {
          expect(Math.abs(mean(column(made, i)))).toBeLessThan(1e-3)
          expect(Math.abs(deviation(column(made, i)) - 1)).toBeLessThan(1e-3)
        }
      }),
  )

  it.effect("statistics of many parts are those of all rows", () =>
    Effect.gen(function* () {
      // More numbers than enter a run at once; the mean drifts, so that the parts differ.
      const width = 3000
      const rows = 3000
      const features = new Float32Array(rows * width)
      for (let row = 0; row < rows; row++) features.fill(row / 10, row * width, (row + 1) * width)
      const labels = Int32Array.from({ length: rows }, (_, row) => row % 2)
      const drifting = inMemory(features, labels, { width, classes: 2 })
      const values = Array.from({ length: rows }, (_, row) => row / 10)
      const made = yield* normalised("standardise", drifting)
      for (const row of [0, 1499, 2999]) {
        expect(made[row]?.[width - 1]).toBeCloseTo((row / 10 - mean(values)) / deviation(values), 4)
      }
    }),
  )

  it.effect("a constant feature becomes 0", () =>
    Effect.gen(function* () {
      const drawn = reference.problemOf("constant", 50, 2, 2)
      const features = reference.numbersOf(drawn).map((x, i) => (i % 2 === 0 ? 0.1 : x))
      const made = yield* normalised("standardise", reference.withFeatures(drawn, features))
      for (const value of column(made, 0)) expect(Math.abs(value)).toBeLessThan(1e-6)
    }),
  )

  it.effect("l2 gives rows of length 1, and leaves a row of zeros", () =>
    Effect.gen(function* () {
      const drawn = reference.problemOf("length", 20, 4, 2)
      reference.numbersOf(drawn).fill(0, 0, 4)
      const made = yield* normalised("l2", drawn)
      const lengths = made.map((row) => Math.hypot(...row))
      expect(lengths[0]).toBe(0)
      for (const length of lengths.slice(1)) expect(length).toBeCloseTo(1, 5)
    }),
  )
})
