import { expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { keys, type NodeParts, ofContent, ofShards, ofTables } from "../../src/plan/Key.ts"

const parts: NodeParts = {
  stage: "extract",
  code: "x1aa",
  packages: { sharp: "1.0.0" },
  params: { size: 3, mean: [0.5, 1] },
  environment: { provider: "cpu" },
  stamp: "",
}
const inputs = { pixels: "x1bb", encoder: "x1cc" }
const key = keys(parts)(inputs)

it("is a hash, and the same for the same", () => {
  expect(key).toMatch(/^x1[0-9a-f]{32}$/)
  expect(keys({ ...parts })({ ...inputs })).toBe(key)
})

it("does not depend on the order in which things are said", () => {
  expect(keys({ ...parts, params: { mean: [0.5, 1], size: 3 } })({ encoder: "x1cc", pixels: "x1bb" })).toBe(key)
})

it("depends on every part", () => {
  const others: ReadonlyArray<Partial<NodeParts>> = [
    { stage: "predict" },
    { code: "x1ab" },
    { packages: { sharp: "1.0.1" } },
    { packages: {} },
    { params: { size: 4, mean: [0.5, 1] } },
    { params: { size: 3, mean: [1, 0.5] } },
    { params: { size: "3", mean: [0.5, 1] } },
    { environment: { provider: "webgpu" } },
    { stamp: "12-34" },
    { code: "", stamp: "x1aa" },
  ]
  const found = others.map((other) => keys({ ...parts, ...other })(inputs))
  const fromInputs = [{}, { pixels: "x1bb" }, { pixels: "x1cc", encoder: "x1bb" }, { ...inputs, mask: "x1bb" }].map(
    keys(parts),
  )
  expect(new Set([key, ...found, ...fromInputs]).size).toBe(1 + found.length + fromInputs.length)
})

const Ids = Schema.Array(Schema.Literals(["a", "b", "shards", "tables"]))

it.prop(
  "tables, lists of tables and shards with skipped rows are never taken for one another",
  [Ids, Ids],
  ([one, other]) => {
    const same = one.length === other.length && one.every((id, i) => id === other[i])
    expect(ofShards(one) === ofShards(other)).toBe(same)
    expect(ofTables(one) === ofTables(other)).toBe(same)
    expect(ofTables(one)).not.toBe(ofShards(other))
    expect(ofContent("a", one[0])).not.toBe(ofShards(["skipped", "a", one[0] ?? ""]))
  },
)

it("one shard stands for itself, and so does a shard of which nothing was left out", () => {
  expect(ofShards(["a"])).toBe("a")
  expect(ofContent("a", undefined)).toBe("a")
  expect(ofContent("a", "b")).not.toBe(ofContent("a", "c"))
})
