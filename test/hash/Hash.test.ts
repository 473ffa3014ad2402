import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"

const folder = mkdtempSync(join(tmpdir(), "rankshift-hash-"))
afterAll(() => rmSync(folder, { recursive: true }))
const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13)

it("is xxHash64 under two seeds, with a prefix", () => {
  // The first half is xxHash64 with seed 0: these are its published test values.
  expect(Hash.ofText("")).toMatch(/^x1ef46db3751d8e999[0-9a-f]{16}$/)
  expect(Hash.ofText("abc")).toMatch(/^x144bc2cf5ad770999[0-9a-f]{16}$/)
  expect(Hash.ofText("abc")).toBe("x144bc2cf5ad7709992ed0f59d6b43ac8b")
  expect(Hash.isHash(Hash.ofText("abc"))).toBe(true)
  expect(Hash.isHash("x1../../etc/passwd")).toBe(false)
})

it("is the same for text and for its bytes, also over a megabyte", () => {
  for (const text of ["", "abc", "äöü€😀", "é".repeat(700_000)]) {
    expect(Hash.ofText(text)).toBe(Hash.ofBytes(Buffer.from(text)))
  }
})

it.effect.prop(
  "does not depend on where updates are cut",
  { lengths: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))) },
  ({ lengths }) =>
    Effect.sync(() => {
      const bytes = pattern(lengths.reduce((sum, n) => sum + n, 0))
      const hash = Hash.hasher()
      let at = 0
      for (const length of lengths) {
        hash.update(bytes.subarray(at, at + length))
        at += length
      }
      expect(hash.digest()).toBe(Hash.ofBytes(bytes))
    }),
  { arbitrary: { runs: 30 } },
)

it("may be asked in between", () => {
  const hash = Hash.hasher()
  hash.update("a")
  expect(hash.digest()).toBe(Hash.ofText("a"))
  hash.update("bc")
  expect(hash.digest()).toBe(Hash.ofText("abc"))
})

it.effect("hashes a file of any size as its bytes", () =>
  Effect.gen(function* () {
    for (const length of [0, 1, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 3_456_789]) {
      const file = join(folder, `${length}`)
      const bytes = pattern(length)
      writeFileSync(file, bytes)
      expect(yield* Hash.ofFile(file)).toEqual({ hash: Hash.ofBytes(bytes), bytes: length })
    }
  }),
)

it.effect("names the file that it cannot read", () =>
  Effect.gen(function* () {
    const absent = yield* Effect.flip(Hash.ofFile(join(folder, "absent")))
    expect(absent).toMatchObject({ _tag: "HashError", code: "ENOENT", file: join(folder, "absent") })
    const directory = yield* Effect.flip(Hash.ofFile(folder))
    expect(directory.code).toBe("EISDIR")
  }),
)

it("spreads small hashes evenly", () => {
  const counts = new Map<number, number>()
  for (let i = 0; i < 16_000; i++) {
    const bucket = Hash.small(`n0144/${i}.jpeg`) % 16
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
  }
  // 1000 are expected in each, give or take five standard deviations.
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(155)
  expect(Hash.small("abc")).toBe(0x32d153ff)
})
