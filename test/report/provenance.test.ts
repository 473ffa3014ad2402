import { describe, expect, it } from "@effect/vitest"
import type { Explanation } from "../../src/plan/Explain.ts"
import { explanation } from "../../src/report/explanation.ts"
import { log } from "../../src/report/provenance.ts"
import { plain } from "../../src/report/style.ts"
import type { Action, KeyParts } from "../../src/store/Action.ts"

const parts: KeyParts = {
  stage: "preprocess",
  code: "c0de",
  packages: { sharp: "0.35.5" },
  params: { resize: 64, crop: 56, filter: "bilinear" },
  inputs: { images: "1a2b" },
  environment: { libvips: "8.17" },
  stamp: "",
}
const key = [
  "  code         preprocess  c0de",
  "  package      sharp       0.35.5",
  "  param        resize      64",
  "  param        crop        56",
  "  param        filter      bilinear",
  "  input        images      1a2b",
  "  environment  libvips     8.17",
]

describe("an explanation", () => {
  const stale: Explanation = {
    node: "preprocess(val)",
    stage: "preprocess",
    state: { _tag: "stale", reason: "param crop 48 -> 56, package sharp 0.35.4 -> 0.35.5" },
    shards: { total: 4, fresh: 1 },
    causes: [],
    made: undefined,
    changes: [
      { part: "param", name: "crop", before: "48", after: "56" },
      { part: "param", name: "filter", before: undefined, after: '"bilinear"' },
      { part: "package", name: "sharp", before: "0.35.4", after: "0.35.5" },
    ],
    parts,
  }

  it("names each part of the key that changed, with the old and the new value", () => {
    expect(explanation(stale, plain)).toEqual([
      "● preprocess(val)  stale: param crop 48 -> 56, package sharp 0.35.4 -> 0.35.5  (1 of 4 shards fresh)",
      "",
      "changed",
      "  param    crop    48      ->  56",
      '  param    filter  none    ->  "bilinear"',
      "  package  sharp   0.35.4  ->  0.35.5",
      "",
      "key",
      ...key,
    ])
  })

  it("says so where nothing changed, and where the key is not known yet", () => {
    const fresh = explanation({ ...stale, state: { _tag: "fresh" }, changes: [] }, plain)
    expect(fresh[2]).toBe("No part of its key has changed since it was computed.")
    const waiting = explanation(
      { ...stale, state: { _tag: "waiting", for: ["decode(val)"] }, changes: [], parts: undefined, shards: undefined },
      plain,
    )
    expect(waiting).toEqual([
      "◌ preprocess(val)  waiting for decode(val)",
      "",
      expect.stringContaining("once these have run"),
    ])
  })

  it("does not count the shards of what is never written", () => {
    const [line] = explanation(
      { ...stale, state: { _tag: "streamed" }, shards: { total: 2, fresh: 0 }, changes: [] },
      plain,
    )
    expect(line).toBe("~ preprocess(val)  streamed")
  })
})

describe("the log", () => {
  const action = (shard: number, rows: number): Action => ({
    key: `key${shard}`,
    node: "preprocess(val)",
    shard,
    parts: { ...parts, inputs: { images: `in${shard}` } },
    outputs: [{ table: { hash: `out${shard}`, rows, bytes: rows * 1000 }, skipped: { hash: "s", rows: 2, bytes: 10 } }],
    seconds: 1.25,
    finished: "2026-11-20T12:00:00.000Z",
    host: { cpu: "some cpu", node: "v24.21.0" },
  })

  it("tells what each artifact was made from, where and when", () => {
    expect(log("preprocess(val)", [action(0, 4096), action(1, 904)], plain)).toEqual([
      "preprocess(val)  2 artifacts, 5,000 rows, 5.0 MB, 2.5 s",
      "",
      "made from",
      ...key.filter((line) => !line.includes("1a2b")),
      "",
      "made on",
      "  cpu   some cpu",
      "  node  v24.21.0",
      "",
      "shard   rows    size  seconds  finished                  artifact  key   skipped  images",
      "0      4,096  4.1 MB     1.25  2026-11-20T12:00:00.000Z  out0      key0  2        in0",
      "1        904  904 kB     1.25  2026-11-20T12:00:00.000Z  out1      key1  2        in1",
    ])
  })

  it("has the inputs above where there is one action", () => {
    const lines = log("score", [{ ...action(-1, 1), parts }], plain)
    expect(lines).toContain("  input        images      1a2b")
    expect(lines.at(-1)).toMatch(/^all /)
  })
})
