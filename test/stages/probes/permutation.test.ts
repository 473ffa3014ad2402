import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { permutation } from "../../../stages/probes/permutation.ts"

describe("permutation", () => {
  it.prop(
    "has every row once",
    { rows: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 500 })), seed: Schema.Int, epoch: Schema.Int },
    ({ epoch, rows, seed }) => {
      const order = permutation(rows, seed, epoch)
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i))
    },
  )

  it("is the same on every machine, and another for each seed and epoch", () => {
    expect([...permutation(8, 0, 0)]).toEqual([1, 7, 6, 0, 4, 3, 5, 2])
    const orders = [permutation(50, 0, 0), permutation(50, 0, 1), permutation(50, 1, 0)].map((order) => order.join())
    expect(new Set(orders).size).toBe(3)
    expect(permutation(50, 0, 1).join()).toBe(orders[1])
  })

  it("puts no row in favour of a place", () => {
    const first = new Int32Array(4)
    for (let epoch = 0; epoch < 4000; epoch++) {
      const row = permutation(4, 7, epoch)[0] ?? 0
      first[row] = (first[row] ?? 0) + 1
    }
    // 1000 each are expected, with a standard deviation of 27.
    for (const count of first) expect(Math.abs(count - 1000)).toBeLessThan(140)
  })
})
