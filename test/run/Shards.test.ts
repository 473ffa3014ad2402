import { expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as Hash from "../../src/hash/Hash.ts"
import { cutter, usual } from "../../src/run/Shards.ts"

/** The shards of some ids that come in batches of these sizes. */
const shards = (ids: ReadonlyArray<string>, sizes: ReadonlyArray<number>, least = 4) => {
  const cut = cutter({ least })
  const ends: Array<number> = []
  let at = 0
  for (let i = 0; at < ids.length; i++) {
    const batch = ids.slice(at, at + Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? 7))
    ends.push(...cut(batch))
    at += batch.length
    expect(Math.max(0, ...ends)).toBeLessThan(Math.max(1, at))
  }
  return [...ends, ids.length].map((end, i) => ids.slice(ends[i - 1] ?? 0, end))
}

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `train/n${(i + from) * 7}.jpg`)
const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 }))

it.prop(
  "borders are where the ids say, however the rows come",
  { sizes: Schema.Array(small), count: small },
  ({ count, sizes }) => {
    expect(shards(ids(count), sizes)).toEqual(shards(ids(count), [Math.max(1, count)]))
  },
)

it.prop(
  "a shard ends with the largest hash within reach, and nowhere else",
  { count: small, from: small },
  ({ count, from }) => {
    const all = ids(count, from)
    const hashes = all.map(Hash.small)
    const ends = all.flatMap((_, at) => {
      if (at < 4 || at + 4 >= count) return []
      return Math.max(...hashes.slice(at - 4, at + 5)) === hashes[at] ? [at + 1] : []
    })
    let end = 0
    const found = shards(all, [64]).map(({ length }) => (end += length))
    expect(found).toEqual([...ends, count])
  },
)

it("of equal hashes the first one ends a shard", () => {
  const same = ["a", "b", "c", "same", "d", "same", "e", "f", "g"]
  const other = ids(200).filter((id) => Hash.small(id) < Hash.small("same"))
  const row = same.map((id, i) => (id === "same" ? id : (other[i] ?? "")))
  expect(shards(row, [3], 3).map(({ length }) => length)).toEqual([4, 5])
})

/** Ids by their hashes, for orders of hashes to be chosen. */
const byHash = ids(40).sort((a, b) => Hash.small(a) - Hash.small(b))
const permutations = (list: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  list.length < 2
    ? [list]
    : list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]))

const changedBy = (before: ReadonlyArray<string>, after: ReadonlyArray<string>, least: number) => {
  const known = new Set(shards(before, [after.length], least).map((shard) => shard.join()))
  return shards(after, [after.length], least).filter((shard) => !known.has(shard.join())).length
}

it.for([
  { least: 1, rows: 7 },
  { least: 2, rows: 8 },
])("whatever the hashes of $rows rows, one row more changes two shards at most (reach $least)", ({ least, rows }) => {
  let most = 0
  for (const order of permutations(Array.from({ length: rows }, (_, i) => i))) {
    const list = order.map((rank) => byHash[rank] ?? "")
    // Each row in turn as the one that was added: every order of hashes, and every place in it.
    for (let at = 0; at < rows; at++) most = Math.max(most, changedBy(list.toSpliced(at, 1), list, least))
  }
  expect(most).toBe(2)
})

it.prop(
  "a row added changes two shards at most, one removed three, and most change one",
  { from: small, at: small, least: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })) },
  ({ at, from, least }) => {
    const before = ids(600, from)
    const after = before.toSpliced(at, 0, `train/n${at}+.jpg`)
    expect(changedBy(before, after, least)).toBeLessThanOrEqual(2)
    expect(changedBy(after, before, least)).toBeLessThanOrEqual(3)
  },
  { arbitrary: { runs: 2000 } },
)

const sets: Readonly<Record<string, (index: number) => string>> = {
  "a flat folder": (index) => `${String(index * 2).padStart(8, "0")}.jpg`,
  "classes of 5,000 images": (index) =>
    `n${Math.floor(index / 5000)}/${String((index % 5000) * 2).padStart(8, "0")}.JPEG`,
}
for (const [name, idAt] of Object.entries(sets)) {
  it(`one image more in ${name} of 10,000 changes one shard, two at most, wherever it comes`, () => {
    const before = Array.from({ length: 10_000 }, (_, index) => idAt(index))
    const known = new Set(shards(before, [4096], usual.least).map((shard) => shard.join()))
    const changed = Array.from({ length: 500 }, (_, n) => {
      const at = n * 20 + 1
      const after = before.toSpliced(at, 0, `${before[at - 1] ?? ""}+`)
      return shards(after, [4096], usual.least).filter((shard) => !known.has(shard.join())).length
    })
    expect(Math.max(...changed)).toBeLessThanOrEqual(2)
    expect(changed.filter((count) => count === 1).length).toBeGreaterThan(490)
  })
}

it("shards have about a thousand rows, more than 512 and hardly ever more than 4,096", () => {
  const sizes = shards(ids(1_000_000), [4096], usual.least).map(({ length }) => length)
  expect(Math.min(...sizes)).toBeGreaterThan(usual.least)
  expect(Math.max(...sizes)).toBeLessThan(4096)
  expect(1_000_000 / sizes.length).toBeGreaterThan(1000)
  expect(1_000_000 / sizes.length).toBeLessThan(1050)
})
