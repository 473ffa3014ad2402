import { expect, it } from "@effect/vitest"
import { line } from "../../src/report/bar.ts"
import { plain } from "../../src/report/style.ts"

const advance = (done: number, bad = 0) => ({
  files: { done, total: 4096 },
  bytes: { done: done * 1e6, total: 4096e6 },
  bad,
})

it("says how far a walk over files has come, how fast, and how long it will take", () => {
  expect(line("verify", advance(2048, 2), 4, plain)).toBe(
    "verify  ━━━━━━━━━━━━────────────   50%  2,048/4,096 files  2.0 GB of 4.1 GB  512 MB/s  eta 0:04  2 bad",
  )
  expect(line("verify", advance(0), 0, plain)).toBe(`verify  ${"─".repeat(24)}    0%  0/4,096 files  0 B of 4.1 GB`)
  expect(line("verify", advance(4096), 1, plain)).toContain("100%  4,096/4,096 files  4.1 GB of 4.1 GB  4.1 GB/s")
})

it("is a bar of nothing where there is nothing, and never wider than the terminal", () => {
  const none = { files: { done: 0, total: 0 }, bytes: { done: 0, total: 0 }, bad: 0 }
  expect(line("verify", none, 0, plain)).toContain("100%  0/0 files")
  expect(line("verify", advance(2048), 4, { ...plain, columns: 40 }).length).toBeLessThan(40)
})
