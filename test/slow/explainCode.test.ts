/** A stage's code is edited, and `explain` says which function it was. */
import { afterAll, beforeAll, expect, it } from "vitest"
import { makeProject, type Project } from "./project.ts"

const helper = `
export const scale = (value: number): number => value * 2
export const unused = (value: number): number => value * 3
export function shift(value: number): number { return value + 1 }
`

const stage = `
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Stage, Table } from "./src/index.ts"
import { scale, shift } from "./helper.ts"

const Numbers = Table.whole("numbers", { value: "float64" })
export const numbers = Stage.whole("numbers", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: {},
  output: Numbers,
  run: () => Effect.succeed({ value: Float64Array.of(shift(scale(20))) }),
})
`

const pipeline = `
import { Pipeline } from "./src/index.ts"
import { numbers } from "./stage.ts"
export default Pipeline.main(import.meta, "code", { numbers: numbers({}) })
`

let project: Project
beforeAll(() => {
  project = makeProject()
  project.write("helper.ts", helper)
  project.write("stage.ts", stage)
  project.write("pipeline.ts", pipeline)
})
afterAll(() => project.remove())

const explained = async () => (await project.command(["explain"])).out.toString()

it("names the functions that changed, came and went, and no others", { timeout: 60_000 }, async () => {
  const first = await project.command(["run"])
  expect(first.err).not.toContain("error")
  expect(first.code).toBe(0)
  expect(await explained()).toContain("fresh: nothing of 1 node has to be computed")

  // What is not reached, comments and white space are no change.
  project.edit("helper.ts", "value * 3", "value * 4")
  project.edit("helper.ts", "export function shift(", "// adds one\nexport   function shift(")
  expect(await explained()).toContain("fresh: nothing")

  project.edit("helper.ts", "value * 2", "value * 2.5")
  project.edit("stage.ts", "shift(scale(20))", "negate(shift(scale(20)))")
  project.edit("stage.ts", "const Numbers", "const negate = (value: number): number => -value\nconst Numbers")
  const said = await explained()
  expect(said).toContain("code helper.ts: const scale changed")
  expect(said).toContain("code stage.ts: const negate added")
  expect(said).toContain("code stage.ts: const numbers changed")
  expect(said).not.toContain("shift")
  expect(said).not.toContain("unused")

  // Once it has run, the new code is what later edits are compared with.
  expect((await project.command(["run"])).code).toBe(0)
  project.edit("stage.ts", "const negate = (value: number): number => -value\n", "")
  project.edit("stage.ts", "negate(shift(scale(20)))", "shift(scale(20))")
  expect(await explained()).toContain("code stage.ts: const negate removed")
})
