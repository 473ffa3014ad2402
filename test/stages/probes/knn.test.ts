import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { fitKnn } from "../../../stages/probes/knn.ts"
import type { Problem } from "../../../stages/probes/Problem.ts"
import { services } from "../../harness.ts"
import * as reference from "./reference.ts"

const scoresOf = Effect.fnUntraced(function* (problem: Problem, queries: Problem, k: number, temperature = 0.07) {
  const { variants } = yield* fitKnn(problem, "none", { k, temperature })
  const session = yield* Session.open(variants[0].onnx, { thread: "caller" })
  const { scores } = yield* session.run(
    { features: Tensor.float32([queries.rows, queries.width], reference.numbersOf(queries)) },
    { scores: "float32" },
  )
  expect(scores.dims).toEqual([queries.rows, problem.classes])
  return scores.data
}, Effect.provide(services()))

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("nearest neighbours", () => {
  it.effect.prop(
    "vote as a plain reckoning says",
    { name: between(0, 1e6), rows: between(4, 40), width: between(2, 8), classes: between(2, 4), k: between(1, 40) },
    ({ classes, k: most, name, rows, width }) =>
      Effect.gen(function* () {
        const k = Math.min(most, rows)
        const problem = reference.problemOf(`${name}/train`, rows, width, classes)
        const queries = reference.problemOf(`${name}/test`, 9, width, classes)
        const scores = yield* scoresOf(problem, queries, k)
        reference.rowsOf(queries).forEach((query, row) => {
          const wanted = reference.votes(problem, query, k, 0.07)
          // Nearer together than float32 tells apart, either neighbour is right.
          if (wanted.gap < 1e-5) return
          wanted.votes.forEach((vote, c) => {
            const made = scores[row * classes + c] ?? NaN
            expect(Math.abs(made - vote)).toBeLessThanOrEqual(1e-3 * vote)
          })
        })
      }),
  )

  it.effect("do not see the length of a row", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 30, 5, 3)
      const queries = reference.problemOf("test", 4, 5, 3)
      const longer = reference.withFeatures(
        queries,
        reference.numbersOf(queries).map((x) => x * 1000),
      )
      const scores = yield* scoresOf(problem, queries, 5)
      const scaled = yield* scoresOf(problem, longer, 5)
      scores.forEach((score, i) => expect(Math.abs(score - (scaled[i] ?? NaN))).toBeLessThanOrEqual(1e-3 * score))
    }),
  )

  it.effect("a row of zeros is equally far from all, not an undefined number", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 30, 5, 3)
      const zeros = reference.withFeatures(reference.problemOf("test", 3, 5, 3), new Float32Array(15))
      const scores = yield* scoresOf(problem, zeros, 30)
      const counts = [0, 1, 2].map((c) => problem.labels.filter((label) => label === c).length)
      expect([...scores]).toEqual([...counts, ...counts, ...counts])
    }),
  )

  it.effect("keep finite votes at the lowest temperature", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 200, 2, 2)
      const scores = yield* scoresOf(problem, problem, 200, 0.0125)
      for (const score of scores) {
        expect(score).toBeGreaterThan(0)
        expect(score).toBeLessThan(Infinity)
      }
    }),
  )

  it.effect("cannot be more than there are rows", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        scoresOf(reference.problemOf("few", 10, 2, 2), reference.problemOf("q", 2, 2, 2), 20),
      )
      expect(error.message).toContain("20 neighbours")
      expect(error.message).toContain("10 labelled")
    }),
  )
})
