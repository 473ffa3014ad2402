import { describe, expect, it } from "@effect/vitest"
import { closing, failures } from "../../src/report/closing.ts"
import { plain } from "../../src/report/style.ts"

const summary = (figures: { executed?: number; cached?: number; failed?: number; blocked?: number }) => {
  const { blocked = 0, cached = 0, executed = 0, failed = 0 } = figures
  return {
    event: "summary" as const,
    nodes: executed + cached + failed + blocked,
    executed,
    cached,
    failed,
    blocked,
    shards: { executed, cached },
    seconds: 62.4,
  }
}

describe("the end of a run", () => {
  it("says that all is fresh where nothing was executed", () => {
    expect(closing("benchmark-lottery", summary({ cached: 214 }), false, plain)).toEqual([
      "benchmark-lottery: all 214 nodes are fresh, nothing to do",
    ])
    expect(closing("p", summary({ cached: 1 }), false, plain)).toEqual(["p: the one node is fresh, nothing to do"])
  })

  it("counts what was executed and what was not, and the time", () => {
    expect(closing("p", summary({ executed: 1, cached: 1300 }), false, plain)).toEqual([
      "p: 1 node executed, 1,300 cached, in 1:03",
    ])
  })

  it("names the device where it is not the processor", () => {
    expect(closing("p", { ...summary({ executed: 2 }), device: "webgpu" }, false, plain)).toEqual([
      "p: 2 nodes executed on webgpu, 0 cached, in 1:03",
    ])
  })

  it("counts failures and what they block, and says how to go on", () => {
    const failed = summary({ executed: 3, cached: 2, failed: 1, blocked: 4 })
    expect(closing("p", failed, false, plain)).toEqual([
      "",
      "p: 1 failed, 4 blocked (3 executed, 2 cached)",
      "hint: --keep-going computes all that does not stand on what failed",
    ])
    expect(closing("p", failed, true, plain)).toHaveLength(2)
    expect(closing("p", summary({ failed: 1 }), false, plain)).toHaveLength(2)
  })

  it("has a block for each failed node: its name, the file, what is wrong, what to do", () => {
    const failed = [
      {
        event: "failed" as const,
        node: "extract(hog, val)",
        stage: "extract",
        message: "no output of rank 2\nit has: logits [1, 10, 10]",
        file: "models/hog.onnx",
        hint: "name one with `output`",
      },
      { event: "failed" as const, node: "score", stage: "score", message: "no labels" },
    ]
    expect(failures(failed, plain)).toEqual([
      "",
      "✗ extract(hog, val)",
      "  models/hog.onnx",
      "  no output of rank 2",
      "  it has: logits [1, 10, 10]",
      "  hint: name one with `output`",
      "",
      "✗ score",
      "  no labels",
    ])
  })
})
