/** What the engine wants of a store stays in it, and a target can be taken elsewhere with all it stands on. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { mkdirSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import type { Node } from "../../src/dsl/Node.ts"
import { closure } from "../../src/plan/Closure.ts"
import { roots } from "../../src/plan/Roots.ts"
import * as Bundle from "../../src/store/Bundle.ts"
import * as Inventory from "../../src/store/Inventory.ts"
import * as Layout from "../../src/store/Layout.ts"
import { mark } from "../../src/store/mark.ts"
import * as Pins from "../../src/store/Pins.ts"
import { restore } from "../../src/store/restore.ts"
import * as Runs from "../../src/store/Runs.ts"
import { sweep } from "../../src/store/sweep.ts"
import * as Verify from "../../src/store/verify.ts"
import { folder, nodesOf, onDisk, pipeline, runAll, summaryOf, write } from "../run/engine.ts"
import * as toys from "../run/toys.ts"

type Targets = Readonly<Record<string, Node>>

/** A folder with a file of numbers and a store; `version` is that of the stages' code. */
const lab = Effect.map(folder, (dir) => {
  const layout = Layout.make(join(dir, "cache"))
  const calls: Array<toys.Call> = []
  const file = join(dir, "numbers.txt")
  write(
    file,
    Array.from({ length: 23 }, (_, i) => [`r${i}`, i]),
  )
  return {
    dir,
    file,
    layout,
    calls,
    /** A source, its rows halved (never written) and then with `add` (written), and the sum of all. */
    targets: (add: number, at = file, version = "1"): Targets => {
      const { batches, each, source, total } = toys.make(calls, version)
      const numbers = source({ as: "numbers", file: at })
      const halves = each.never({ numbers }, { as: "halves", add: 0, div: 2 })
      const pixels = each.budget({ numbers: halves }, { as: "pixels", add: 0, div: 1 })
      const more = batches.always({ numbers: pixels }, { as: `more ${add}`, add, div: 1 })
      return { total: total({ numbers: [more] }, { as: "total", add: 0, div: 1 }) }
    },
  }
})

const run = (layout: Layout.Layout, targets: Targets) => Effect.provide(runAll(pipeline(targets)), onDisk(layout.root))

const executed = (layout: Layout.Layout, targets: Targets) =>
  Effect.map(run(layout, targets), (events) => summaryOf(events).executed)

const hour = 3_600_000
const collect = (layout: Layout.Layout, targets: Targets, runs: number, maxBytes?: number) =>
  Effect.gen(function* () {
    const now = Date.now() + hour
    const wanted = yield* Effect.provide(Effect.scoped(roots(pipeline(targets), runs)), onDisk(layout.root))
    const size = maxBytes === undefined ? {} : { maxBytes }
    const marked = yield* mark(layout, wanted, { now, grace: 0, runs: 20, ...size })
    return yield* sweep(layout, marked, now)
  })

const sound = (layout: Layout.Layout) =>
  Effect.gen(function* () {
    const found = yield* Stream.runCollect(Verify.verify(yield* Verify.subjects(layout), 2))
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([])
  })

it.live("what the targets need now and what the last runs used is not collected", () =>
  Effect.gen(function* () {
    const { layout, targets } = yield* lab
    for (const add of [1, 2, 3]) yield* run(layout, targets(add))
    yield* collect(layout, targets(3), 2)
    expect(yield* executed(layout, targets(3))).toBe(0)
    expect(yield* executed(layout, targets(2))).toBe(0)
    expect(yield* executed(layout, targets(1))).toBeGreaterThan(0)
    yield* sound(layout)

    // Without the runs, only what this pipeline needs is left.
    const removed = yield* collect(layout, targets(1), 0)
    expect(removed.length).toBeGreaterThan(0)
    expect(yield* executed(layout, targets(1))).toBe(0)
    yield* sound(layout)
  }),
)

it.live("what a pinned run used stays until the name is taken away", () =>
  Effect.gen(function* () {
    const { layout, targets } = yield* lab
    yield* run(layout, targets(1))
    const [first] = yield* Runs.make(layout).last(1)
    if (first === undefined) return yield* Effect.die("no run")
    yield* Pins.pin(layout, "submitted", first)
    yield* run(layout, targets(2))
    rmSync(layout.runs, { recursive: true })
    yield* collect(layout, targets(2), 0)
    expect(yield* executed(layout, targets(1))).toBe(0)
    yield* Pins.remove(layout, "submitted")
    rmSync(layout.runs, { recursive: true })
    yield* collect(layout, targets(2), 0)
    expect(yield* executed(layout, targets(1))).toBeGreaterThan(0)
  }),
)

it.live("results that an early cutoff may land on stay", () =>
  Effect.gen(function* () {
    const { layout, file, targets } = yield* lab
    yield* run(layout, targets(1))
    // The file is touched: the source is stale, and what stands on it is not known.
    write(
      file,
      Array.from({ length: 23 }, (_, i) => [`r${i}`, i]),
    )
    yield* collect(layout, targets(1), 0)
    const events = yield* run(layout, targets(1))
    expect(nodesOf(events, "finished")).toEqual(["source(numbers)"])
  }),
)

it.live("pixels go first where a size is asked for, and nothing has to be computed for their sake", () =>
  Effect.gen(function* () {
    const { layout, targets } = yield* lab
    yield* run(layout, targets(1))
    const before = yield* Inventory.artifacts(layout)
    const size = [...before, ...(yield* Inventory.actions(layout))].reduce((sum, { bytes }) => sum + bytes, 0)
    const removed = yield* collect(layout, targets(1), 3, size - 1)
    expect(new Set(removed.map(({ stage }) => stage))).toEqual(new Set(["each-budget"]))
    const all = yield* collect(layout, targets(1), 3, 0)
    expect(new Set(all.map(({ stage }) => stage))).toEqual(new Set(["each-budget"]))
    expect(yield* executed(layout, targets(1))).toBe(0)
    yield* sound(layout)
  }),
)

it.live(
  "a run beside which everything is collected again and again ends as if nothing were",
  () =>
    Effect.gen(function* () {
      const { layout, targets } = yield* lab
      yield* run(layout, targets(1))
      const greedy = Effect.gen(function* () {
        const marked = yield* mark(
          layout,
          { keys: new Set(), spare: new Set() },
          { now: Date.now(), grace: 0, runs: 0 },
        )
        yield* sweep(layout, marked, Date.now())
      })
      for (const add of [2, 3]) {
        const collecting = yield* Effect.forkChild(Effect.forever(Effect.andThen(greedy, Effect.sleep(1))))
        // As long as the process lives, it finds again what it has found or computed.
        const twice = Effect.all([runAll(pipeline(targets(add))), runAll(pipeline(targets(add)))])
        const [events, again] = yield* Effect.provide(twice, onDisk(layout.root))
        yield* Fiber.interrupt(collecting)
        expect(summaryOf(events)).toMatchObject({ failed: 0, blocked: 0 })
        expect(summaryOf(again).executed).toBe(0)
        yield* sound(layout)
      }
    }),
  60_000,
)

it.live("a target restored elsewhere is fresh, but for files that lie outside the pipeline", () =>
  Effect.gen(function* () {
    const { calls, dir, file, layout, targets } = yield* lab
    yield* run(layout, targets(1))
    const tar = join(dir, "total.tar")
    const bundle = (only: boolean, names: ReadonlyArray<string> = ["total"]) =>
      Effect.scoped(closure(pipeline(targets(1)), names, only)).pipe(
        Effect.provide(onDisk(layout.root)),
        Effect.tap((selection) => Bundle.write(layout, selection, tar)),
      )
    const selection = yield* bundle(false)
    expect(selection.targets).toEqual(["total(numbers)"])
    expect(new Set(selection.actions.map(({ parts }) => parts.stage))).toEqual(
      new Set(["source", "batches-always", "total"]),
    )

    // The same store, moved: the same file at the same place.
    const same = Layout.make(join(dir, "same"))
    yield* Effect.scoped(restore(same, tar))
    expect(yield* executed(same, targets(1))).toBe(0)

    // Another machine: the file has another place, another time, another inode.
    const there = join(dir, "there")
    mkdirSync(there)
    const copy = join(there, "numbers.txt")
    write(
      copy,
      Array.from({ length: 23 }, (_, i) => [`r${i}`, i]),
    )
    const other = Layout.make(join(there, "cache"))
    yield* Effect.scoped(restore(other, tar))
    calls.splice(0)
    const events = yield* run(other, targets(1, copy))
    expect(nodesOf(events, "finished")).toEqual(["source(numbers)"])
    expect(calls).toEqual([{ node: "numbers", what: "whole" }])
    yield* sound(other)

    // Before anything has run there, what was restored is not collected.
    const fresh = Layout.make(join(there, "fresh"))
    yield* Effect.scoped(restore(fresh, tar))
    const before = readdirSync(fresh.root, { recursive: true }).length
    yield* collect(fresh, targets(1, copy), 3)
    expect(readdirSync(fresh.root, { recursive: true })).toHaveLength(before)
    expect(file).not.toBe(copy)

    const tables = yield* bundle(true)
    expect(tables.actions.map(({ node }) => node)).toEqual(["total(numbers)"])
    const only = Layout.make(join(there, "only"))
    expect(yield* Effect.scoped(restore(only, tar))).toMatchObject({ artifacts: 1, actions: 1 })
    yield* sound(only)
  }),
)

it.live("what is not fresh is not bundled", () =>
  Effect.gen(function* () {
    const { layout, targets } = yield* lab
    const bundle = (add: number) =>
      Effect.scoped(closure(pipeline(targets(add)), ["total"], false)).pipe(Effect.provide(onDisk(layout.root)))
    const none = yield* Effect.flip(bundle(1))
    expect(none).toMatchObject({
      _tag: "PipelineError",
      node: "source(numbers)",
      hint: expect.stringContaining("pipeline run"),
    })
    yield* run(layout, targets(1))
    yield* bundle(1)
    expect(yield* Effect.flip(bundle(2))).toMatchObject({ _tag: "PipelineError" })
  }),
)
