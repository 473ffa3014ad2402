import { readFileSync } from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import paper from "../../examples/paper.ts"
import * as Node from "../../src/dsl/Node.ts"
import type { Reader } from "../../src/dsl/Stage.ts"
import { aggregate } from "../../stages/aggregate.ts"
import { publishedScores } from "../../stages/sources/publishedScores.ts"
import { Scores } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

const examples = new URL("../../examples/", import.meta.url)

/** The cells of a published table, by model and column. */
const published = (file: string) => {
  const lines = readFileSync(new URL(`paper/${file}`, examples), "utf8")
    .trim()
    .split("\n")
  const [header = [], ...rows] = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(","))
  return new Map(
    rows.map(([model = "", ...cells]) => [model, new Map(cells.map((cell, i) => [header[i + 1] ?? "", cell]))]),
  )
}

const { table } = paper.targets

/** What the example computes, with its own params unless others are given. */
const board = (params: unknown = table?.params) =>
  Effect.gen(function* () {
    const scores: Array<Reader<typeof Scores>> = []
    for (const [, node] of table === undefined ? [] : Node.edges(table)) {
      scores.push(readerOf(Scores, yield* runWhole(publishedScores, {}, node.params)))
    }
    const made = yield* runWhole(aggregate, { scores }, params)
    return made.model.map((model, row) => ({
      model,
      column: made.column[row] ?? "",
      kind: made.kind[row],
      value: made.value[row] ?? Number.NaN,
      rank: made.rank[row] ?? 0,
      change: made.change[row] ?? 0,
    }))
  }).pipe(Effect.provide(services({ directory: paper.directory })))

/** A share as a percentage cut, not rounded, to one decimal: how the paper prints its aggregates. */
const cut = (share: number) => (Math.floor(share * 1000) / 10).toFixed(1)

describe("the tables of Ozbulak et al. 2025", () => {
  it.effect("Table IV: all 24 aggregates and their ranks come out of Table II", () =>
    Effect.gen(function* () {
      const expected = published("table-4-aggregates.csv")
      const names = new Map([
        ["weighted", ["weighted_average", "weighted_rank"]],
        ["geometric", ["geometric_mean", "geometric_rank"]],
      ])
      const cells = (yield* board()).filter(({ kind }) => kind === "aggregate")
      const said = cells.map(({ model, column }) => names.get(column)?.map((name) => expected.get(model)?.get(name)))
      expect(cells.map(({ value, rank }) => [cut(value), String(rank)])).toEqual(said)
      expect(cells.length).toBe(24)
    }),
  )

  it.effect("Table IV: no weighted average comes out with Table I's number of images for Sketch", () =>
    Effect.gen(function* () {
      const expected = published("table-4-aggregates.csv")
      const cells = (yield* board({ reference: "Validation" })).filter(({ column }) => column === "weighted")
      const same = cells.filter(({ model, value }) => cut(value) === expected.get(model)?.get("weighted_average"))
      expect([cells.length, same.length]).toEqual([12, 0])
    }),
  )

  it.effect("Table IV: changes are those against the rank on Validation", () =>
    Effect.gen(function* () {
      const cells = yield* board()
      const change = (model: string) =>
        cells.filter((cell) => cell.model === model && cell.kind === "aggregate").map((cell) => cell.change)
      // As printed in brackets beside the ranks, for models that no tie on Validation touches.
      expect(["DINO", "Swav", "MoCo", "OBoW", "SimCLR"].map(change)).toEqual([
        [-4, -3],
        [-4, -1],
        [2, 1],
        [0, 6],
        [-2, -2],
      ])
    }),
  )

  it.effect(
    "Table III: every rank comes out where no other model has the same accuracy, else lies among the tied",
    () =>
      Effect.gen(function* () {
        const expected = published("table-3-ranks.csv")
        const cells = (yield* board()).filter(({ kind }) => kind === "set")
        const compared = cells.map(({ model, column, value, rank }) => {
          const tied = cells.filter((other) => other.column === column && other.value === value).length
          const printed = Number(expected.get(model)?.get(column))
          return { tied: tied > 1, equal: printed === rank, within: printed >= rank && printed < rank + tied }
        })
        const alone = compared.filter(({ tied }) => !tied)
        const together = compared.filter(({ tied }) => tied)
        expect([alone.length, alone.filter(({ equal }) => equal).length]).toEqual([60, 60])
        expect([together.length, together.filter(({ within }) => within).length]).toEqual([12, 12])
      }),
  )
})
