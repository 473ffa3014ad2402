import { expect, it } from "@effect/vitest"
import { changes } from "../../src/plan/Staleness.ts"

const parts = {
  stage: "extract",
  code: "x1aa",
  packages: { sharp: "1.0.0", old: "1" },
  params: { size: 3, mean: [0.5, 1] },
  inputs: { pixels: "x1bb" },
  environment: { provider: "cpu" },
  stamp: "1-2",
}

it("nothing has changed between equal parts", () => {
  expect(changes(parts, { ...parts, params: { mean: [0.5, 1], size: 3 } })).toEqual([])
})

it("says what changed, from what to what", () => {
  const after = {
    ...parts,
    code: "x1ab",
    packages: { sharp: "1.0.1", new: "2" },
    params: { size: 4, mean: [0.5, 1], pad: true },
    inputs: { pixels: "x1bc" },
    environment: { provider: "webgpu" },
    stamp: "1-3",
  }
  expect(changes(parts, after)).toEqual([
    { part: "param", name: "size", before: "3", after: "4" },
    { part: "param", name: "pad", before: undefined, after: "true" },
    { part: "input", name: "pixels", before: "x1bb", after: "x1bc" },
    { part: "code", name: "extract", before: "x1aa", after: "x1ab" },
    { part: "package", name: "sharp", before: "1.0.0", after: "1.0.1" },
    { part: "package", name: "old", before: "1", after: undefined },
    { part: "package", name: "new", before: undefined, after: "2" },
    { part: "environment", name: "provider", before: "cpu", after: "webgpu" },
    { part: "outside", name: "files", before: "1-2", after: "1-3" },
  ])
})
