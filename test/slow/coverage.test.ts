/**
 * Whether intervals, tests and sets of ranks keep what they promise, over
 * simulated benchmarks whose truth is known. An image is hard or easy for all
 * models alike, so models are right on the same images far more often than by
 * chance; what is observed is one sample of images.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { StageServices } from "../../src/dsl/Services.ts"
import type { StageError } from "../../src/dsl/StageError.ts"
import { random } from "../../stages/random.ts"
import { intervals } from "../../stages/statistics/intervals.ts"
import { pairs } from "../../stages/statistics/pairs.ts"
import { publishedRankSets } from "../../stages/statistics/publishedRankSets.ts"
import { rankSets } from "../../stages/statistics/rankSets.ts"
import { Outcomes } from "../../stages/statistics/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"
import { scoresOf } from "../stages/statistics/given.ts"

const benchmarks = 2000
const images = 600

const logistic = (x: number) => 1 / (1 + Math.exp(-x))

/** How much an image's hardness, which is standard normal, counts beside a model's ability. */
const hardness = 2

/** The accuracy of a model on all images there could be: the integral over hardness. */
const truth = (ability: number) => {
  const step = 1 / 64
  let sum = 0
  for (let h = -8; h <= 8; h += step)
    sum += (Math.exp((-h * h) / 2) / Math.sqrt(2 * Math.PI)) * logistic(ability + hardness * h)
  return sum * step
}

const ids = Array.from({ length: images }, (_, i) => `${i}`)

/** One sample of images: the outcomes of each model. Alone, each model has images of its own hardness. */
const observe = (name: string, abilities: ReadonlyArray<number>, alone: boolean) => {
  const { chance, normal } = random(name)
  const hits = abilities.map(() => new Int32Array(images))
  for (let image = 0; image < images; image++) {
    let hard = hardness * normal()
    for (const [model, ability] of abilities.entries()) {
      if (alone) hard = hardness * normal()
      const row = hits[model]
      if (row !== undefined && chance(logistic(ability + hard))) row[image] = 1
    }
  }
  return hits
}

/** What is made of each benchmark of a world. */
const over = <A>(
  world: string,
  abilities: ReadonlyArray<number>,
  look: (hits: ReadonlyArray<Int32Array>, seed: number) => Effect.Effect<A, StageError, StageServices>,
  alone = false,
) =>
  Effect.forEach(
    Array.from({ length: benchmarks }, (_, i) => i),
    (i) => Effect.scoped(look(observe(`coverage/${world}/${i}`, abilities, alone), i)),
  ).pipe(Effect.provide(services()))

const readers = (hits: ReadonlyArray<Int32Array>) => ({
  outcomes: hits.map((hit) => readerOf(Outcomes, { id: ids, hit }, images)),
})
const cellsOf = (hits: ReadonlyArray<Int32Array>) => hits.map((_, model) => [`${model}`, "set"] as const)

const share = (held: ReadonlyArray<boolean>) => held.filter(Boolean).length / held.length

/** Whether each model's set of ranks holds its own, ties taking all ranks that they share. */
const holds = (low: Int32Array, high: Int32Array, truths: ReadonlyArray<number>) =>
  truths.map((own, model) => {
    const better = truths.filter((other) => other > own).length
    const worse = truths.filter((other) => other < own).length
    return (low[model] ?? 0) <= 1 + better && (high[model] ?? 0) >= truths.length - worse
  })

const mixed = [1.6, 1.2, 1.2, 0.4, 0.4, -1]
const equal = [0.8, 0.8, 0.8, 0.8, 0.8, 0.8]

describe(`over ${benchmarks} simulated benchmarks of ${images} images`, () => {
  it.live("95% intervals hold the truth 93 to 97 times in a hundred, and equal models differ 4 to 6 times", () =>
    Effect.gen(function* () {
      const truths = mixed.map(truth)
      const held: Record<string, Array<boolean>> = { wilson: [], bootstrap: [], tango: [] }
      const differ: Record<string, Array<boolean>> = { mid: [], exact: [] }
      yield* over("mixed", mixed, (hits) =>
        Effect.gen(function* () {
          const cell = yield* runWhole(intervals, readers(hits), { cells: cellsOf(hits) })
          for (const [i, method] of cell.method.entries()) {
            const own = truths[Number(cell.model[i])] ?? Number.NaN
            held[method]?.push((cell.low[i] ?? 1) <= own && own <= (cell.high[i] ?? 0))
          }
          const pair = yield* runWhole(pairs, readers(hits), { cells: cellsOf(hits) })
          for (const [i, a] of pair.a.entries()) {
            const difference = (truths[Number(a)] ?? Number.NaN) - (truths[Number(pair.b[i])] ?? Number.NaN)
            held["tango"]?.push((pair.low[i] ?? 1) <= difference && difference <= (pair.high[i] ?? -1))
            if (difference === 0) {
              differ["mid"]?.push((pair.mid[i] ?? 1) <= 0.05)
              differ["exact"]?.push((pair.exact[i] ?? 1) <= 0.05)
            }
          }
        }),
      )
      const shares = Object.fromEntries(Object.entries({ ...held, ...differ }).map(([name, all]) => [name, share(all)]))
      for (const method of ["wilson", "bootstrap", "tango"]) {
        expect(shares[method], method).toBeGreaterThanOrEqual(0.93)
        expect(shares[method], method).toBeLessThanOrEqual(0.97)
      }
      expect(shares["mid"]).toBeGreaterThanOrEqual(0.04)
      expect(shares["mid"]).toBeLessThanOrEqual(0.06)
      expect(shares["exact"]).toBeLessThanOrEqual(0.05)
    }),
  )

  it.live.each([
    { world: "equal models", abilities: equal },
    { world: "models some of which are equal", abilities: mixed },
  ])("sets of ranks at level .95 hold all ranks of $world at least 94 times in a hundred", ({ abilities, world }) =>
    Effect.gen(function* () {
      const truths = abilities.map(truth)
      const held = yield* over(world, abilities, (hits, seed) =>
        Effect.map(runWhole(rankSets, readers(hits), { cells: cellsOf(hits), resamples: 1000, seed }), (sets) => ({
          all: holds(sets.low, sets.high, truths).every(Boolean),
          each: holds(sets.marginalLow, sets.marginalHigh, truths),
        })),
      )
      expect(share(held.map(({ all }) => all))).toBeGreaterThanOrEqual(0.94)
      // Each model's own set may miss as often, but not more.
      expect(share(held.flatMap(({ each }) => each))).toBeGreaterThanOrEqual(0.94)
    }),
  )

  it.live("those from accuracies alone do where models have nothing in common", () =>
    Effect.gen(function* () {
      const truths = equal.map(truth)
      const held = yield* over(
        "alone",
        equal,
        (hits, seed) => {
          const accuracies = hits.map((hit) => hit.reduce((sum, one) => sum + one, 0) / images)
          const scores = scoresOf(
            Object.fromEntries(accuracies.map((accuracy, model) => [`${model}`, { set: accuracy }])),
            { set: images },
          )
          return Effect.map(runWhole(publishedRankSets, { scores: [scores] }, { resamples: 1000, seed }), (sets) =>
            holds(sets.low, sets.high, truths).every(Boolean),
          )
        },
        true,
      )
      expect(share(held)).toBeGreaterThanOrEqual(0.94)
      expect(share(held)).toBeLessThanOrEqual(0.97)
    }),
  )
})
