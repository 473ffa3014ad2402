import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import * as Layout from "../../src/store/Layout.ts"
import * as Pins from "../../src/store/Pins.ts"
import * as Runs from "../../src/store/Runs.ts"
import { folders, runOf } from "./samples.ts"

const newFolder = folders("pins")
const days = ["2026-11-18T09:00:00.000Z", "2026-11-19T09:00:00.000Z", "2026-11-20T09:00:00.000Z"]

const withRuns = Effect.gen(function* () {
  const layout = Layout.make(newFolder())
  const { last, saveRun } = Runs.make(layout)
  yield* Effect.forEach(days, (day) => saveRun(runOf(day)))
  const [third, second, first] = yield* last(3)
  if (first === undefined || second === undefined || third === undefined) return yield* Effect.die("no runs")
  return { layout, first, second, third }
})

it.effect("a name stands for a run, also when the run's own record is gone", () =>
  Effect.gen(function* () {
    const { first, layout } = yield* withRuns
    yield* Pins.pin(layout, "submitted", first)
    rmSync(layout.runs, { recursive: true })
    const [pin, ...others] = yield* Pins.all(layout)
    expect(others).toEqual([])
    expect(pin).toMatchObject({ name: "submitted", run: first.id, record: { started: days[0] } })
    expect(yield* Pins.find(layout, "submitted")).toEqual([first])
  }),
)

it.effect("a name moves to another run, and can be taken away", () =>
  Effect.gen(function* () {
    const { first, layout, second } = yield* withRuns
    yield* Pins.pin(layout, "best", first)
    yield* Pins.pin(layout, "best", second)
    expect((yield* Pins.all(layout)).map(({ run }) => run)).toEqual([second.id])
    expect(yield* Pins.remove(layout, "best")).toBe(true)
    expect(yield* Pins.remove(layout, "best")).toBe(false)
    expect(yield* Pins.all(layout)).toEqual([])
  }),
)

it.effect("runs are found by name, by id, and by the beginning of an id", () =>
  Effect.gen(function* () {
    const { first, layout, second, third } = yield* withRuns
    yield* Pins.pin(layout, "2026-11-20", first)
    expect(yield* Pins.find(layout, "2026-11-20")).toEqual([first])
    expect(yield* Pins.find(layout, second.id)).toEqual([second])
    expect(yield* Pins.find(layout, "2026-11-19")).toEqual([second])
    expect(yield* Pins.find(layout, "2026-11-")).toEqual([third, second, first])
    expect(yield* Pins.find(layout, "2027")).toEqual([])
    expect(yield* Pins.find(layout, "")).toEqual([])
  }),
)

it.effect("a damaged name is an error, and says how to mend it: what it keeps is not collected silently", () =>
  Effect.gen(function* () {
    const { first, layout } = yield* withRuns
    yield* Pins.pin(layout, "submitted", first)
    const file = join(layout.pins, readdirSync(layout.pins)[0] ?? "")
    writeFileSync(file, readFileSync(file).subarray(0, 100))
    const error = yield* Effect.flip(Pins.all(layout))
    expect(error).toMatchObject({ _tag: "StoreError", kind: "damaged", file })
    expect(error.hint).toContain("pipeline pin submitted RUN")
    yield* Pins.pin(layout, "submitted", first)
    expect(yield* Pins.all(layout)).toHaveLength(1)
  }),
)

it("names are plain words", () => {
  expect(["a", "v1.2", "ICML-2027_final", "x".repeat(100)].map(Pins.isName)).toEqual([true, true, true, true])
  expect(["", "../x", "a/b", ".hidden", "-x", "a b", "x".repeat(101), "é"].some(Pins.isName)).toBe(false)
})
