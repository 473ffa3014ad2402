import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fitProbe } from "../../../stages/fitProbe.ts"
import { predict } from "../../../stages/predict.ts"
import type { knnDino } from "../../../stages/probes/knnDino.ts"
import type { knnMarks } from "../../../stages/probes/knnMarks.ts"
import type { Problem } from "../../../stages/probes/Problem.ts"
import { Features, Labels } from "../../../stages/tables.ts"
import { services } from "../../harness.ts"
import { having } from "../../nodes.ts"
import * as reference from "./reference.ts"

const batchOf = ({ ids, width, ...problem }: Problem) => ({
  id: ids,
  features: { shape: [width], data: reference.numbersOf({ ids, width, ...problem }) },
})

type Params = Parameters<typeof knnDino>[1] | Parameters<typeof knnMarks>[1]

/** The votes for every class, `[queries][classes]`. */
const scoresOf = Effect.fnUntraced(function* (problem: Problem, queries: Problem, params: Params) {
  const known = having()
  const features = known.node(Features, batchOf(problem))
  const labels = known.node(Labels, { id: problem.ids, labels: Array.from(problem.labels, (l) => Int32Array.of(l)) })
  const probe = fitProbe({ features, labels }, params)
  const predictions = predict({ probe, features: known.node(Features, batchOf(queries)) }, { top: problem.classes })
  yield* known.rows(probe)
  const { score, top } = yield* known.rows(predictions)
  return top.map((classes, row) => {
    const all = Array.from({ length: problem.classes }, () => 0)
    for (const [at, c] of classes.entries()) all[c] = score[row]?.[at] ?? NaN
    return all
  })
}, Effect.provide(services()))

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

describe("neighbours by cosine", () => {
  it.effect.prop(
    "vote as a plain reckoning says",
    { name: between(0, 1e6), rows: between(4, 40), width: between(2, 8), classes: between(2, 4), k: between(1, 40) },
    ({ classes, k: most, name, rows, width }) =>
      Effect.gen(function* () {
        const k = Math.min(most, rows)
        const problem = reference.problemOf(`${name}/train`, rows, width, classes)
        const queries = reference.problemOf(`${name}/test`, 9, width, classes)
        const scores = yield* scoresOf(problem, queries, { protocol: "knn/dino", k })
        reference.rowsOf(queries).forEach((query, row) => {
          const wanted = reference.votes(problem, query, k, 0.07)
          // Nearer together than float32 tells apart, either neighbour is right.
          if (wanted.gap < 1e-5) return
          wanted.votes.forEach((vote, c) => {
            expect(Math.abs((scores[row]?.[c] ?? NaN) - vote)).toBeLessThanOrEqual(1e-3 * vote)
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
      const scores = (yield* scoresOf(problem, queries, { protocol: "knn/dino", k: 5 })).flat()
      const scaled = (yield* scoresOf(problem, longer, { protocol: "knn/dino", k: 5 })).flat()
      scores.forEach((score, i) => expect(Math.abs(score - (scaled[i] ?? NaN))).toBeLessThanOrEqual(1e-3 * score))
    }),
  )

  it.effect("a row of zeros is equally far from all, not an undefined number", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 30, 5, 3)
      const zeros = reference.withFeatures(reference.problemOf("test", 3, 5, 3), new Float32Array(15))
      const scores = yield* scoresOf(problem, zeros, { protocol: "knn/dino", k: 30 })
      const counts = [0, 1, 2].map((c) => problem.labels.filter((label) => label === c).length)
      expect(scores).toEqual([counts, counts, counts])
    }),
  )

  it.effect("keep finite votes at the lowest temperature", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 200, 2, 2)
      const scores = yield* scoresOf(problem, problem, { protocol: "knn/dino", k: 200, temperature: 0.0125 })
      for (const score of scores.flat()) {
        expect(score).toBeGreaterThan(0)
        expect(score).toBeLessThan(Infinity)
      }
    }),
  )

  it.effect("cannot be more than there are rows", () =>
    Effect.gen(function* () {
      const few = reference.problemOf("few", 10, 2, 2)
      for (const protocol of ["knn/dino", "knn/marks"] as const) {
        const error = yield* Effect.flip(scoresOf(few, reference.problemOf("q", 2, 2, 2), { protocol }))
        expect(error.message).toContain("20 neighbours")
        expect(error.message).toContain("10 labelled")
      }
    }),
  )
})

describe("neighbours by distance", () => {
  it.effect("count as much as they are near", () =>
    Effect.gen(function* () {
      const one = (data: ReadonlyArray<number>, labels: ReadonlyArray<number>) =>
        reference.withFeatures(
          { ids: labels.map((_, i) => `r${i}`), labels: Int32Array.from(labels), width: 2, classes: 3 },
          Float32Array.from(data),
        )
      const problem = one([0, 0, 3, 0, 0, 5, 100, 100], [0, 1, 2, 2])
      const scores = yield* scoresOf(problem, one([0, 1], [0]), { protocol: "knn/marks", k: 3 })
      const wanted = [1, 1 / Math.sqrt(10), 1 / 4]
      wanted.forEach((vote, c) => expect(scores[0]?.[c]).toBeCloseTo(vote, 4))
      // What is the same image votes alone.
      const same = yield* scoresOf(problem, one([3, 0], [0]), { protocol: "knn/marks", k: 3 })
      expect(same).toEqual([[0, 1, 0]])
    }),
  )

  it.effect("may be standardised by the statistics of what is looked up", () =>
    Effect.gen(function* () {
      const problem = reference.problemOf("train", 60, 4, 3)
      const moved = (queries: Problem, by: number, times: number) =>
        reference.withFeatures(
          queries,
          reference.numbersOf(queries).map((x) => x * times + by),
        )
      const queries = reference.problemOf("test", 40, 4, 3)
      const params = { protocol: "knn/marks", normalise: "standardise-own" } as const
      const scores = yield* scoresOf(problem, queries, params)
      const shifted = yield* scoresOf(problem, moved(queries, 50, 7), params)
      scores.flat().forEach((score, i) => expect(shifted.flat()[i]).toBeCloseTo(score, 2))
      const others = yield* scoresOf(problem, moved(queries, 50, 7), { ...params, normalise: "standardise" })
      expect(others).not.toEqual(scores)
    }),
  )
})

describe("a search", () => {
  const source = having()
  const inputs = { features: source.node(Features, { id: [], features: { shape: [2], data: new Float32Array(0) } }) }
  const labels = source.node(Labels, { id: [], labels: [] })
  const searchOf = (params: Params) => {
    const probe = fitProbe({ ...inputs, labels }, params)
    const { neighbours } = predict({ probe, ...inputs }).inputs
    return neighbours !== undefined && "params" in neighbours ? neighbours.params : undefined
  }

  it("is one for several k and temperatures, and another for another metric or normalisation", () => {
    const first = searchOf({ protocol: "knn/dino", k: 10 })
    expect(first).toBeDefined()
    expect(searchOf({ protocol: "knn/dino", k: 200, temperature: 0.1 })).toEqual(first)
    expect(searchOf({ protocol: "knn/dino", k: 201 })).not.toEqual(first)
    expect(searchOf({ protocol: "knn/dino", normalise: "standardise" })).not.toEqual(first)
    expect(searchOf({ protocol: "knn/marks" })).not.toEqual(first)
  })
})
