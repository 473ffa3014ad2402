import { expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { cutter, type ShardRule, usual } from "../../src/run/Shards.ts"

const rule: ShardRule = { least: 4, most: 20, oneIn: 8 }

/** Lengths of the shards of some ids that come in batches of these sizes. */
const shards = (ids: ReadonlyArray<string>, sizes: ReadonlyArray<number>, by = rule) => {
  const cut = cutter(by)
  const ends: Array<number> = []
  let at = 0
  for (let i = 0; at < ids.length; i++) {
    const batch = ids.slice(at, at + Math.max(1, sizes[i % Math.max(1, sizes.length)] ?? 7))
    ends.push(...cut(batch).map((end) => at + end))
    at += batch.length
  }
  return [...new Set([...ends, ids.length])].map((end, i, all) => ids.slice(all[i - 1] ?? 0, end))
}

const ids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `train/n${(i + from) * 7}.jpg`)
const small = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 }))

it.prop(
  "borders are where the ids say, however the rows come",
  { sizes: Schema.Array(small), count: small },
  ({ count, sizes }) => {
    expect(shards(ids(count), sizes)).toEqual(shards(ids(count), [count]))
  },
)

it.prop(
  "shards have their least and their most rows, but for the last one",
  { count: small, from: small },
  ({ count, from }) => {
    const all = shards(ids(count, from), [64])
    expect(all.flat()).toEqual(ids(count, from))
    for (const [i, { length }] of all.entries()) {
      expect(length).toBeLessThanOrEqual(rule.most)
      if (i < all.length - 1) expect(length).toBeGreaterThanOrEqual(rule.least)
    }
  },
)

it.prop("a row added or removed moves the borders near it alone", { at: small, add: Schema.Boolean }, ({ add, at }) => {
  const before = ids(2000)
  const after = add ? before.toSpliced(at, 0, "new.jpg") : before.toSpliced(at, 1)
  const known = new Set(shards(before, [64]).map((shard) => shard.join()))
  const changed = shards(after, [64]).filter((shard) => !known.has(shard.join()))
  expect(changed.length).toBeLessThanOrEqual(12)
  // Borders meet again soon: within a few shards, not at the end of the table.
  expect(changed.flat().length).toBeLessThan(150)
})

const sets: Readonly<Record<string, (count: number) => ReadonlyArray<string>>> = {
  "a flat folder": (count) => Array.from({ length: count }, (_, i) => `${String(i * 2).padStart(8, "0")}.jpg`),
  "classes of 5,000 images": (count) =>
    Array.from({ length: count }, (_, i) => `n${Math.floor(i / 5000)}/${String((i % 5000) * 2).padStart(8, "0")}.JPEG`),
}
for (const [name, make] of Object.entries(sets)) {
  it(`one row more in ${name} changes one shard, seldom two`, () => {
    const before = make(30_000)
    const known = new Set(shards(before, [4096], usual).map((shard) => shard.join()))
    const changed = Array.from({ length: 100 }, (_, n) => {
      const at = (n * 7919 * 37) % before.length
      const after = before.toSpliced(at, 0, `${before[at - 1] ?? ""}+`)
      return shards(after, [4096], usual).filter((shard) => !known.has(shard.join())).length
    })
    expect(Math.max(...changed)).toBeLessThanOrEqual(2)
    expect(changed.filter((count) => count === 1).length).toBeGreaterThan(95)
  })
}

it("shards end where ids say so, and hardly ever because they are full", () => {
  const sizes = shards(ids(500_000), [4096], usual).map(({ length }) => length)
  expect(sizes.filter((size) => size === usual.most)).toEqual([])
})

it("by default a shard has about two thousand rows", () => {
  const sizes = shards(ids(200_000), [64], usual).map(({ length }) => length)
  const mean = 200_000 / sizes.length
  expect(mean).toBeGreaterThan(1500)
  expect(mean).toBeLessThan(2600)
})
