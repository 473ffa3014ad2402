import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Line } from "../../src/report/Follower.ts"
import { desk } from "../cli/calls.ts"
import { missing, variables } from "./driver.ts"
import pipeline from "./pipeline.ts"

const Rows = Schema.fromJsonString(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))

/** All numbers of a node's rows, in their order: features, or scores from the best on. */
const numbersOf = (lines: ReadonlyArray<string>, column: string) =>
  Schema.decodeUnknownSync(Rows)(lines.join("\n")).map((row) =>
    Schema.decodeUnknownSync(Schema.Array(Schema.Finite))(row[column]),
  )

/** The largest difference of two tables, as a share of the largest number in them. */
const apart = (a: ReadonlyArray<ReadonlyArray<number>>, b: ReadonlyArray<ReadonlyArray<number>>) => {
  expect(a.map((row) => row.length)).toEqual(b.map((row) => row.length))
  const largest = Math.max(...a.flat().map(Math.abs))
  return Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - (b[i]?.[j] ?? NaN))))) / largest
}

const figures = {
  features: "features",
  linear: "score",
  marks: "score",
  logistic: "score",
  ridge: "score",
  neighbours: "score",
  wide: "score",
}

describe.skipIf(missing)("a pipeline on WebGPU", () => {
  it.live("extracts, fits, predicts and searches as the processor does, and is kept apart from it", () =>
    Effect.gen(function* () {
      const { call } = yield* desk
      const on = (device: string, ...args: ReadonlyArray<string>) => call(pipeline, ...args, "--device", device)
      const events = (lines: ReadonlyArray<string>) =>
        lines.map((line) => Schema.decodeUnknownSync(Schema.fromJsonString(Line))(line))
      const first = yield* on("cpu", "run", "--json")
      expect(first).toMatchObject({ code: 0, err: [] })

      const explained = yield* on("webgpu", "explain", "extract*set 2*")
      expect(explained.out.join("\n")).toMatch(/environment +provider +cpu +-> +webgpu/)

      const second = yield* on("webgpu", "run", "--json")
      const done = events(second.out)
      expect(done.filter(({ event }) => event === "failed")).toEqual([])
      expect(second).toMatchObject({ code: 0, err: [] })
      expect(done.at(-1)).toMatchObject({ event: "summary", failed: 0, device: "webgpu" })
      const again = done.flatMap((event) => (event.event === "finished" ? [event.stage] : []))
      expect([...new Set(again)].sort()).toEqual(["extract", "fitProbe", "neighbours", "predict"])

      for (const [target, column] of Object.entries(figures)) {
        const show = (device: string) =>
          Effect.map(on(device, "show", target, "--format", "json"), ({ code, out }) => {
            expect(code).toBe(0)
            return numbersOf(out, column)
          })
        const difference = apart(yield* show("cpu"), yield* show("webgpu"))
        expect(difference, target).toBeLessThan(1e-3)
        // Equal to the last bit it would not have been computed elsewhere.
        if (target === "features" || target === "wide") expect(difference, target).toBeGreaterThan(0)
      }

      expect((yield* on("webgpu", "run")).out.at(-1)).toMatch(/nodes are fresh, nothing to do/)
      expect((yield* on("cpu", "run")).out.at(-1)).toMatch(/nodes are fresh, nothing to do/)
      expect((yield* on("webgpu", "check", "features")).code).toBe(0)
    }),
  )

  it.live("is what auto takes, and a process ends without a fault after it", () =>
    Effect.gen(function* () {
      const { cache } = yield* desk
      const file = fileURLToPath(new URL("pipeline.ts", import.meta.url))
      const tsx = fileURLToPath(import.meta.resolve("tsx"))
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        ["--import", tsx, file, "run", "wide", "--device", "auto", "--cache", cache],
        { encoding: "utf8", env: { ...process.env, ...variables, NO_COLOR: "1" }, timeout: 120_000 },
      )
      expect(stderr).toMatch(/^device: webgpu$/m)
      expect(stdout).toMatch(/nodes executed on webgpu, 0 cached/)
      expect(status).toBe(0)
    }),
  )
})

describe.skipIf(missing)("a driver that finds no GPU", () => {
  it("is an error that says so, before any work begins", () => {
    const file = fileURLToPath(new URL("pipeline.ts", import.meta.url))
    const tsx = fileURLToPath(import.meta.resolve("tsx"))
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["--import", tsx, file, "run", "--device", "webgpu", "--cache", "/nonexistent/cache"],
      { encoding: "utf8", env: { ...process.env, VK_DRIVER_FILES: "/nonexistent", NO_COLOR: "1" }, timeout: 60_000 },
    )
    expect([status, stdout]).toEqual([2, ""])
    const lines = stderr.trim().split("\n")
    expect(lines).toEqual([
      expect.stringMatching(/^error: no GPU can be reached through WebGPU: /),
      expect.stringMatching(/^hint: .*vulkaninfo.*--device cpu$/),
    ])
  })
})
