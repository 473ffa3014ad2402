import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stage from "../../src/dsl/Stage.ts"
import { RowError } from "../../src/dsl/StageError.ts"
import { only, summaryOf } from "./engine.ts"
import { lab, upTo } from "./lab.ts"
import { Numbers } from "./toys.ts"

const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }
const numbers = { inputs: { numbers: Numbers }, output: Numbers, over: "numbers" } as const

it.live("skipped rows are written down, and stay so in all that follows", () =>
  Effect.gen(function* () {
    for (const persist of ["always", "budget", "never"] as const) {
      const { outputs, rows, run, source, stages, write } = yield* lab
      write("a", upTo(20))
      const picked = stages.picky[persist](source("a"), { as: "picked", div: 7, policy: "skip" })
      const again = stages.picky.never(picked, { as: "again", div: 11, policy: "skip" })
      const x = stages.batches.always(again, { as: "x", add: 1, div: 1 })
      const events = yield* run({ y: stages.each.always(x, { as: "y", add: 1, div: 1 }) })
      const skips = ["batches-always(a)", "each-always(a)"].map((node) =>
        outputs(node).flatMap(({ skipped }) => rows(skipped?.hash)),
      )
      expect(skips[1]).toEqual(skips[0])
      expect(skips[0]?.map((skip) => skip["id"]).sort()).toEqual(["r0", "r11", "r14", "r7"])
      expect(skips[0]).toContainEqual({ id: "r7", stage: `picky-${persist}`, reason: "7 is a multiple of 7" })
      expect(skips[0]).toContainEqual({ id: "r11", stage: "picky-never", reason: "11 is a multiple of 11" })
      expect(outputs("batches-always(a)").reduce((sum, { table }) => sum + table.rows, 0)).toBe(16)
      expect(only(events, "finished").find(({ node }) => node === "each-always(a)")).toMatchObject({
        rows: 16,
        skippedRows: 4,
      })
      expect(only(events, "warned").map(({ message }) => message)).toContain("batches-always(a): 4 rows skipped")
    }
  }),
)

it.live("a table of which every row was skipped is empty, and goes on as such", () =>
  Effect.gen(function* () {
    const { outputs, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const picked = stages.picky.never(source("a"), { as: "picked", div: 1, policy: "skip" })
    const x = stages.batches.always(picked, { as: "x", add: 1, div: 1 })
    expect(summaryOf(yield* run({ sum: stages.total([x], { as: "sum", add: 0, div: 1 }) })).failed).toBe(0)
    expect(outputs("batches-always(a)").map(({ table }) => table.rows)).toEqual([0, 0, 0, 0, 0])
  }),
)

it.live("skipped rows are written down in the order of the rows, however long each takes", () =>
  Effect.gen(function* () {
    const { outputs, rows, run, source, write } = yield* lab
    write("a", upTo(40))
    const slow = Stage.each("slow", {
      ...shared,
      ...numbers,
      onBadRow: () => "skip",
      open: (_) =>
        Effect.succeed(({ value }) =>
          Effect.delay(Effect.fail(new RowError({ reason: `${value}` })), `${(value * 7) % 5} millis`),
        ),
    })
    yield* run({ x: slow(source("a")) })
    const skips = outputs("slow(a)").flatMap(({ skipped }) => rows(skipped?.hash))
    expect(skips.map(({ id }) => id)).toEqual(upTo(40).map(([id]) => id))
  }),
)
