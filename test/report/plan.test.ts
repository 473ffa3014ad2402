import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { dryRun, status } from "../../src/report/plan.ts"
import { events, PlannedNodeEvent } from "../../src/report/plannedNode.ts"
import { plain } from "../../src/report/style.ts"
import { Planned } from "../../src/run/Event.ts"
import { fresh, lottery } from "./plans.ts"

describe("status", () => {
  it("is a line a stage, with the reasons of what is not fresh", () => {
    expect(status(lottery, plain)).toEqual([
      "images     ✓ 1 fresh",
      "decode                                                    ~ 1 streamed",
      'extract               ● 1 stale               ✗ 1 failed                param crop 48 -> 56; no output "embedding" …',
      "score                            ◌ 2 waiting                            waiting for extract",
      "aggregate                        ◌ 1 waiting                            waiting for score",
      "lottery: 7 nodes: 1 fresh, 1 stale, 3 waiting, 1 failed, 1 streamed",
    ])
  })

  it("says a reason once that many nodes share, the commonest first", () => {
    const reasons = ["code of s changed", "forced", "code of s changed", "a", "b", "c"]
    const nodes = reasons.map((reason, at) => ({
      name: `s(${at})`,
      stage: "s",
      state: { _tag: "stale" as const, reason },
      shards: undefined,
      inputs: [],
      target: undefined,
    }))
    expect(status({ pipeline: "p", nodes }, plain)[0]).toBe("s  ● 6 stale  code of s changed (2); forced; a and 2 more")
  })
})

describe("a dry run", () => {
  it("lists what would be computed and why, and nothing that would not", () => {
    expect(dryRun(lottery, plain)).toEqual([
      "●  extract(hog, val)  stale    3/4 shards  param crop 48 -> 56",
      '✗  extract(pca, val)  failed   4/4 shards  no output "embedding" …',
      "◌  score(hog, val)    waiting              for extract(hog, val)",
      "◌  score(pca, val)    waiting              for extract(pca, val)",
      "◌  aggregate          waiting              for score(hog, val), score(pca, val)",
      "lottery: 7 nodes: 1 fresh, 1 stale, 3 waiting, 1 failed, 1 streamed",
    ])
  })

  it("says so where there is nothing to do", () => {
    expect(dryRun(fresh, plain)).toEqual(["lottery: all 7 nodes are fresh, nothing to do"])
  })

  it("gives the same as events, the counts last", () => {
    const all = events(lottery).map((event) => JSON.stringify(event))
    const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Union([PlannedNodeEvent, Planned])))
    expect(all.map((line) => decode(line).event)).toEqual([
      ...Array.from({ length: 5 }, () => "planned-node"),
      "planned",
    ])
    expect(decode(all[0])).toEqual({
      event: "planned-node",
      node: "extract(hog, val)",
      stage: "extract",
      state: "stale",
      reason: "param crop 48 -> 56",
      shards: { total: 4, fresh: 1 },
    })
    expect(decode(all[5])).toEqual({ event: "planned", nodes: 7, fresh: 1, stale: 2, waiting: 3 })
  })
})
