import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { dot, json, mermaid, tree } from "../../src/report/graph.ts"
import { NodeState } from "../../src/report/plannedNode.ts"
import { plain } from "../../src/report/style.ts"
import { lottery } from "./plans.ts"

describe("the tree", () => {
  it("goes from the targets down to the sources, each node with the sign and the name of its state", () => {
    expect(tree(lottery, plain).join("\n")).toBe(
      [
        "◌ table = aggregate  waiting for score(hog, val), score(pca, val)",
        "├─ ◌ score(hog, val)  waiting for extract(hog, val)",
        "│  ├─ ● extract(hog, val)  stale: param crop 48 -> 56",
        "│  │  └─ ~ decode(val)  streamed",
        "│  │     └─ ✓ images(val)  fresh",
        "│  └─ ✓ images(val)  fresh",
        "└─ ◌ score(pca, val)  waiting for extract(pca, val)",
        '   ├─ ✗ extract(pca, val)  failed: no output "embedding" …',
        "   │  └─ ~ decode(val)  streamed  (above)",
        "   └─ ✓ images(val)  fresh",
      ].join("\n"),
    )
  })

  it("says the same with colours as without", () => {
    const coloured = tree(lottery, { ...plain, colour: true }).join("\n")
    expect(coloured).toContain("\u001b[33m●\u001b[39m")
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(tree(lottery, plain).join("\n"))
  })

  it("follows a chain of any length", () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => ({
      name: `n${at}`,
      stage: "n",
      state: { _tag: "fresh" as const },
      shards: undefined,
      inputs: at === 0 ? [] : [at - 1],
      target: at === 4_999 ? "end" : undefined,
    }))
    expect(tree({ pipeline: "chain", nodes: chain }, plain)).toHaveLength(5_000)
  })
})

describe("other formats", () => {
  it("draws DOT, with what breaks a label escaped", () => {
    const lines = dot(lottery)
    expect(lines[0]).toBe('digraph "lottery" {')
    expect(lines).toContain('  n0 [label="images(val)\\n✓ fresh", fillcolor="#d7f0d7"]')
    expect(lines).toContain(
      '  n3 [label="extract(pca, val)\\n✗ failed: no output \\"embedding\\" …", fillcolor="#f8d0d0"]',
    )
    expect(lines.filter((line) => line.includes("->") && !line.includes("label"))).toEqual(
      ["n0 -> n1", "n1 -> n2", "n1 -> n3", "n2 -> n4", "n0 -> n4", "n3 -> n5", "n0 -> n5", "n4 -> n6", "n5 -> n6"].map(
        (edge) => `  ${edge}`,
      ),
    )
    expect(lines.at(-1)).toBe("}")
  })

  it("draws Mermaid, with what breaks a label escaped", () => {
    const lines = mermaid(lottery)
    expect(lines[0]).toBe("flowchart LR")
    expect(lines).toContain('  n3["extract(pca, val)<br/>✗ failed: no output #34;embedding#34; …"]:::failed')
    expect(lines).toContain('  n2["extract(hog, val)<br/>● stale: param crop 48 -#62; 56"]:::stale')
    expect(lines).toContain("  n4 --> n6")
  })

  it("gives JSON with every node, its state and the names of its inputs", () => {
    const Graph = Schema.Struct({
      pipeline: Schema.String,
      nodes: Schema.Array(Schema.Struct({ ...NodeState.fields, inputs: Schema.Array(Schema.String) })),
    })
    const { nodes, pipeline } = Schema.decodeUnknownSync(Schema.fromJsonString(Graph))(json(lottery).join("\n"))
    expect(pipeline).toBe("lottery")
    expect(nodes).toHaveLength(7)
    expect(nodes[2]).toEqual({
      node: "extract(hog, val)",
      stage: "extract",
      state: "stale",
      reason: "param crop 48 -> 56",
      shards: { total: 4, fresh: 1 },
      inputs: ["decode(val)"],
    })
    expect(nodes[3]?.reason).toBe('no output "embedding"\nit has: logits')
    expect(nodes[6]).toMatchObject({ target: "table", for: ["score(hog, val)", "score(pca, val)"] })
  })
})
