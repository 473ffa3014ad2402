import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { combined, type NearestRows, none } from "../../../stages/probes/NearestRows.ts"
import { nearest } from "../../../stages/probes/nearest.ts"
import { sides } from "../../../stages/probes/nearestGraphs.ts"
import { inMemory } from "../../../stages/probes/Problem.ts"
import { shared } from "../../../stages/probes/shared.ts"
import { random } from "../../../stages/random.ts"
import { services } from "../../harness.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** The `depth` nearest of each query among rows of which `near` says how near each is. */
const sorted = (
  near: ReadonlyArray<ReadonlyArray<number>>,
  rows: ReadonlyArray<number>,
  depth: number,
): NearestRows => {
  const made = none(near.length * depth)
  near.forEach((list, query) => {
    const order = rows.toSorted((a, b) => (list[b] ?? 0) - (list[a] ?? 0) || a - b).slice(0, depth)
    made.rows.set(order, query * depth)
    made.similarity.set(
      order.map((row) => list[row] ?? 0),
      query * depth,
    )
  })
  return made
}

describe("the nearest of some rows and of others", () => {
  it.prop(
    "are those of all",
    {
      name: between(0, 1e6),
      depth: between(1, 8),
      rows: between(0, 20),
      queries: between(0, 4),
      levels: between(1, 9),
    },
    ({ depth, levels, name, queries, rows }) => {
      const { below } = random(`${name}`)
      const near = Array.from({ length: queries }, () => Array.from({ length: rows }, () => below(levels) - 4))
      const all = Array.from({ length: rows }, (_, row) => row)
      const first = all.map(() => below(2) === 0)
      const some = sorted(
        near,
        all.filter((row) => first[row]),
        depth,
      )
      const others = sorted(
        near,
        all.filter((row) => !first[row]),
        depth,
      )
      const wanted = sorted(near, all, depth)
      expect(combined(some, others, depth)).toEqual(wanted)
      expect(combined(others, some, depth)).toEqual(wanted)
    },
  )
})

describe("a search that is shared among cores", () => {
  // So many rows that each core comes to several blocks, and so few different ones that most are equally near.
  const [width, rows, kinds, queries, depth] = [64, 300_000, 5, 30, 20]
  const { below } = random("shared")
  const kind = Int32Array.from({ length: rows }, () => below(kinds))
  const axes = (count: number, of: (row: number) => number) => {
    const data = shared(count * width)
    for (let row = 0; row < count; row++) data[row * width + of(row)] = 1
    return data
  }
  const training = axes(rows, (row) => kind[row] ?? 0)
  const asked = axes(queries, (query) => query % kinds)

  const found = (cores: number, heard: (rows: number) => void) =>
    Effect.gen(function* () {
      const problem = inMemory(training, new Int32Array(rows), { width, classes: 2 })
      const wish = { metric: "cosine", normalise: "none", depth, queries } as const
      const find = yield* nearest(problem, wish, yield* sides(problem, wish, undefined))
      return yield* find(asked, (done) => Effect.sync(() => heard(done)))
    }).pipe(Effect.scoped, Effect.provide(services({ cores })))

  for (const cores of [1, 2, 3, 4, 5]) {
    it.effect(`finds, of equally near ones, the lowest rows on ${cores}`, () =>
      Effect.gen(function* () {
        const heard: Array<number> = []
        const made = yield* found(cores, (done) => heard.push(done))
        for (let query = 0; query < queries; query++) {
          const wanted: Array<number> = []
          for (let row = 0; wanted.length < depth; row++) if (kind[row] === query % kinds) wanted.push(row)
          expect([...made.rows.subarray(query * depth, (query + 1) * depth)]).toEqual(wanted)
        }
        expect(new Set(made.similarity)).toEqual(new Set([1]))
        expect(heard.length).toBeGreaterThanOrEqual(5)
        expect(heard.toSorted((a, b) => a - b)).toEqual(heard)
        expect(heard.at(-1)).toBe(rows)
      }),
    )
  }

  it.effect("finds the last rows, whoever comes to them", () =>
    Effect.gen(function* () {
      const own = shared(rows * width)
      for (let row = 0; row < rows; row++) own[row * width] = 1 + row / rows
      const problem = inMemory(own, new Int32Array(rows), { width, classes: 2 })
      const query = shared(2 * width)
      query[0] = 8
      query[width] = -8
      const wish = { metric: "euclidean", normalise: "none", depth: 3, queries: 100 } as const
      const find = yield* nearest(problem, wish, yield* sides(problem, wish, undefined))
      // The first lies beyond the last rows, the second before the first ones. Twice, as the one search serves both.
      for (const again of [query, query]) {
        const { rows: made } = yield* find(again, () => Effect.void)
        expect([...made.subarray(3)]).toEqual([0, 1, 2])
        expect([...made.subarray(0, 3)]).toEqual([rows - 1, rows - 2, rows - 3])
      }
    }).pipe(Effect.scoped, Effect.provide(services({ cores: 2 }))),
  )
})
