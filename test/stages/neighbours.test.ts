import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { neighbours } from "../../stages/neighbours.ts"
import { random } from "../../stages/random.ts"
import { Features, Labels } from "../../stages/tables.ts"
import { readerOf, runWhole, services } from "../harness.ts"

type Rows = ReadonlyArray<ReadonlyArray<number>>

const featuresOf = (name: string, rows: Rows, width = rows[0]?.length ?? 0) => ({
  id: rows.map((_, i) => `${name}${i}`),
  features: { shape: [width], data: Float32Array.from(rows.flat()) },
})
const labelled = (count: number, left: ReadonlyArray<number> = []) => ({
  id: Array.from({ length: count }, (_, i) => `t${i}`),
  labels: Array.from({ length: count }, (_, i) => (left.includes(i) ? new Int32Array(0) : Int32Array.of(i % 3))),
})

const found = (
  queries: Rows,
  training: Rows,
  params: object,
  { left = [], batch = 64 }: { left?: ReadonlyArray<number>; batch?: number } = {},
) =>
  runWhole(
    neighbours,
    {
      features: readerOf(Features, featuresOf("q", queries, training[0]?.length), batch),
      training: readerOf(Features, featuresOf("t", training), batch),
      labels: readerOf(Labels, labelled(training.length, left)),
    },
    { metric: "cosine", depth: 5, ...params },
  ).pipe(Effect.scoped, Effect.provide(services()))

/** Small whole numbers: equal ones are equal in float32 too, and there are many. */
const grid = (name: string, rows: number, width: number): Rows => {
  const { below } = random(name)
  return Array.from({ length: rows }, () => Array.from({ length: width }, () => below(4)))
}

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

describe("the nearest rows", () => {
  it.effect.prop(
    "are those that comparing with each gives, of equal ones the lower, in memory or from the shards",
    {
      name: between(0, 1e6),
      rows: between(6, 300),
      width: between(1, 5),
      depth: between(1, 12),
      tight: Schema.Boolean,
    },
    ({ depth, name, rows, tight, width }) =>
      Effect.gen(function* () {
        const training = grid(`${name}/t`, rows, width)
        const queries = grid(`${name}/q`, 20, width)
        // Room for an eighth of the rows at once: they are read from the shards, several times.
        const memory = tight ? (rows * width * 4) / 8 / 1e9 : 1
        const made = yield* found(queries, training, { metric: "euclidean", depth, normalise: "l2", memory: 1 })
        expect(made.id).toHaveLength(20)
        const plain = yield* found(queries, training, { metric: "euclidean", depth, memory })
        queries.forEach((query, at) => {
          const square = (row: ReadonlyArray<number>) => row.reduce((sum, x, i) => sum + (x - (query[i] ?? 0)) ** 2, 0)
          const wanted = training
            .map((row, i) => ({ i, square: square(row) }))
            .toSorted((a, b) => a.square - b.square || a.i - b.i)
            .slice(0, depth)
          const rowsOf = [...(plain.row[at] ?? [])]
          expect(rowsOf).toHaveLength(Math.min(depth, rows))
          // The squares are whole numbers: rounding may reorder equals, and nothing else.
          expect(rowsOf.map((row) => square(training[row] ?? []))).toEqual(wanted.map((one) => one.square))
          expect([...(plain.label[at] ?? [])]).toEqual(rowsOf.map((row) => row % 3))
          plain.similarity[at]?.forEach((near, i) => expect(near).toBeCloseTo(-Math.sqrt(wanted[i]?.square ?? 0), 2))
        })
      }),
  )

  it.effect("of equal ones are the lower rows, wherever blocks and batches end", () =>
    Effect.gen(function* () {
      // Every row three times, far apart; lengths are powers of two, so that unit rows are equal to the bit.
      const kinds: Rows = [
        [4, 0, 0, 0],
        [0, 2, 0, 0],
        [0, 0, 8, 0],
        [1, 1, 1, 1],
      ]
      const training = Array.from({ length: 9000 }, (_, i) => kinds[i % 4] ?? [])
      const { row, similarity } = yield* found(kinds, training, { depth: 7 })
      row.forEach((list, at) => {
        expect([...list]).toEqual(Array.from({ length: 7 }, (_, i) => at + i * 4))
        for (const near of similarity[at] ?? []) expect(near).toBe(1)
      })
    }),
  )

  it.effect("are among the labelled ones, and count only these", () =>
    Effect.gen(function* () {
      const training: Rows = [
        [1, 0],
        [0.9, 0.1],
        [0, 1],
        [0.1, 0.9],
        [1, 1],
      ]
      const { label, row } = yield* found([[1, 0]], training, { depth: 2 }, { left: [0] })
      // Row 0 has no label: the first that counts is the second of the set.
      expect([...(row[0] ?? [])]).toEqual([0, 3])
      expect([...(label[0] ?? [])]).toEqual([1, 4 % 3])
    }),
  )

  it.effect("of no images are none", () =>
    Effect.gen(function* () {
      expect((yield* found([], grid("some", 9, 3), {})).id).toEqual([])
    }),
  )

  it.effect("do not depend on how much is in memory", () =>
    Effect.gen(function* () {
      const { normal } = random("memory")
      const drawn = (rows: number) => Array.from({ length: rows }, () => Array.from({ length: 24 }, normal))
      const [queries, training] = [drawn(70), drawn(700)]
      const all = yield* found(queries, training, { depth: 20 })
      const bytes = 700 * 24 * 4
      for (const share of [0.5, 0.1, 0.01]) {
        const some = yield* found(queries, training, { depth: 20, memory: (bytes * share) / 1e9 }, { batch: 32 })
        expect(some.id).toEqual(all.id)
        const same = some.row.flatMap((list, at) => [...list].map((row, i) => (row === all.row[at]?.[i] ? 1 : 0)))
        // Features as float16 differ a little, and swap neighbours that are equally near but for that.
        expect(same.reduce<number>((sum, x) => sum + x, 0) / same.length).toBeGreaterThan(share === 0.5 ? 0.97 : 0.9999)
      }
    }),
  )

  it.effect("are those of the cosine", () =>
    Effect.gen(function* () {
      const [queries, training] = [grid("cq", 9, 6), grid("ct", 40, 6)]
      const { row, similarity } = yield* found(queries, training, { depth: 3 })
      const unit = (v: ReadonlyArray<number>) => v.map((x) => x / Math.sqrt(Math.max(1e-24, dot(v, v))))
      queries.forEach((query, at) => {
        const near = training.map((v) => dot(unit(v), unit(query))).toSorted((a, b) => b - a)
        row[at]?.forEach((r, i) => {
          expect(dot(unit(training[r] ?? []), unit(query))).toBeCloseTo(near[i] ?? NaN, 5)
          expect(similarity[at]?.[i]).toBeCloseTo(near[i] ?? NaN, 5)
        })
      })
    }),
  )

  it.effect("are the same of rows of length 1, which are compared as they are, and of others", () =>
    Effect.gen(function* () {
      const { normal } = random("lengths")
      const drawn = (rows: number) => Array.from({ length: rows }, () => Array.from({ length: 512 }, normal))
      const unit = (v: ReadonlyArray<number>) => v.map((x) => x / Math.sqrt(dot(v, v)))
      const [queries, training] = [drawn(20), drawn(300).map(unit)]
      const exact = (v: ReadonlyArray<number>, of: ReadonlyArray<number>) => dot(unit(v), of)
      const asTheyAre = yield* found(queries, training, { depth: 9 })
      // One row that is longer, and all rows are divided by their lengths; every row in another way.
      const longer = training.map((v, at) => v.map((x) => x * (at === 7 ? 3 : 1)))
      const others = training.map((v, at) => v.map((x) => x * (0.5 + (at % 5))))
      for (const rows of [longer, others]) {
        const divided = yield* found(queries, rows, { depth: 9 })
        expect(divided.row).toEqual(asTheyAre.row)
      }
      asTheyAre.row.forEach((list, at) =>
        list.forEach((row, i) => {
          const cosine = exact(queries[at] ?? [], training[row] ?? [])
          expect(Math.abs((asTheyAre.similarity[at]?.[i] ?? NaN) - cosine)).toBeLessThan(1e-6)
        }),
      )
    }),
  )

  it.effect("of an image without features, all zero, are at a cosine of 0", () =>
    Effect.gen(function* () {
      const { row, similarity } = yield* found([[0, 0, 0]], grid("zero", 9, 3), { depth: 4 })
      expect([...(row[0] ?? [])]).toEqual([0, 1, 2, 3])
      expect([...(similarity[0] ?? [])]).toEqual([0, 0, 0, 0])
    }),
  )
})

describe("refused are", () => {
  const message = (attempt: ReturnType<typeof found>) => Effect.map(Effect.flip(attempt), (error) => error.message)

  it.effect("features that are no numbers, by the image's name", () =>
    Effect.gen(function* () {
      const bad = [...grid("q", 3, 2), [1, NaN]]
      expect(yield* message(found(bad, grid("t", 9, 2), {}))).toBe(
        "the features of the image q3 are not all finite numbers",
      )
      expect(yield* message(found(grid("q", 3, 2), [...grid("t", 9, 2), [1, Infinity]], {}))).toBe(
        "the features of t9 are not all finite numbers",
      )
    }),
  )

  it.effect("features of another width", () =>
    Effect.gen(function* () {
      const attempt = runWhole(
        neighbours,
        {
          features: readerOf(Features, featuresOf("q", grid("q", 3, 5))),
          training: readerOf(Features, featuresOf("t", grid("t", 9, 2))),
          labels: readerOf(Labels, labelled(9)),
        },
        { metric: "cosine", depth: 5 },
      ).pipe(Effect.scoped, Effect.provide(services()))
      expect(yield* message(attempt)).toBe("the training features are 2 wide, and these rows have 5")
    }),
  )
})
