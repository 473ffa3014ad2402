import { expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { cutter, type ShardRule } from "../../src/run/Shards.ts"

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

it("by default a shard has about two thousand rows", () => {
  const sizes = shards(ids(200_000), [64], { least: 512, most: 4096, oneIn: 1536 }).map(({ length }) => length)
  const mean = 200_000 / sizes.length
  expect(mean).toBeGreaterThan(1500)
  expect(mean).toBeLessThan(2600)
})
