import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Stage from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import { nodesOf, only, summaryOf } from "./engine.ts"
import { lab, statesOf, upTo } from "./lab.ts"
import { Numbers, Sum } from "./toys.ts"

const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }

it.live("a bad row fails the node that met it, wherever it was needed; what stands on it is blocked", () =>
  Effect.gen(function* () {
    for (const persist of ["always", "budget", "never"] as const) {
      for (const reader of ["rows", "whole"] as const) {
        const { run, source, stages, write } = yield* lab
        write("a", upTo(30))
        const bad = stages.picky[persist](source("a"), { as: "bad", div: 25, policy: "fail" })
        const between = stages.each.never(bad, { as: "between", add: 0, div: 1 })
        const x =
          reader === "rows"
            ? stages.batches.always(between, { as: "x", add: 0, div: 1 })
            : stages.total([between], { as: "x", add: 0, div: 1 })
        const events = yield* run(
          {
            x: stages.total([stages.keep(source("a"), { as: "k", add: 0, div: 2 })], { as: "sum", add: 0, div: 1 }),
            y: x,
          },
          { keepGoing: true },
        )
        expect(only(events, "failed")).toMatchObject([
          { node: `picky-${persist}(a)`, stage: `picky-${persist}`, message: "r0: 0 is a multiple of 25" },
        ])
        expect(only(events, "failed")[0]?.hint).toContain("skip")
        const blocked = only(events, "blocked").map(({ by, node }) => [node, by])
        expect(blocked).toContainEqual([
          reader === "rows" ? "batches-always(a)" : "total(a; as=x)",
          `picky-${persist}(a)`,
        ])
        expect(summaryOf(events)).toMatchObject({ failed: 1, blocked: 2 })
        expect(nodesOf(events, "finished")).toContain("keep(a)")
      }
    }
  }),
)

it.live("after a failure nothing more is begun, unless asked to go on", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(30))
    const bad = stages.picky.always(source("a"), { as: "bad", div: 1, policy: "fail" })
    const other = stages.each.always(source("a"), { as: "other", add: 0, div: 1 })
    const summary = summaryOf(yield* run({ bad, other }, { jobs: 1 }))
    expect(summary).toMatchObject({ nodes: 3, executed: 1, failed: 1, blocked: 0 })
    expect(called().filter((call) => call.startsWith("other"))).toEqual([])
    expect(summaryOf(yield* run({ bad, other }, { jobs: 1, keepGoing: true }))).toMatchObject({
      executed: 1,
      failed: 1,
    })
    expect(called().filter((call) => call.startsWith("other"))).toHaveLength(30)
  }),
)

it.live("shards that were done before the failure stay done", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, version, write } = yield* lab
    write("a", upTo(100).slice(1))
    const of = (div: number) => ({ x: stages.picky.always(source("a"), { as: "x", div, policy: "fail" }) })
    expect(summaryOf(yield* run(of(50), { jobs: 1 })).failed).toBe(1)
    expect(called().length).toBeGreaterThan(40)
    write(
      "a",
      upTo(100)
        .slice(1)
        .filter(([, value]) => value !== 50),
    )
    expect(summaryOf(yield* run(of(50), { jobs: 1 })).failed).toBe(0)
    const calls = called()
    expect(calls).not.toContain("x r3")
    expect(calls).toContain("x r99")
    expect(version("1")).toBeDefined()
  }),
)

const numbers = { inputs: { numbers: Numbers }, output: Numbers, over: "numbers" } as const

/** Stages that misbehave, each in its own way. */
const broken: Readonly<
  Record<
    string,
    readonly [said: string, stage: Stage.AnyStage & ((n: ReturnType<typeof noNode>) => ReturnType<typeof noNode>)]
  >
> = {
  "a step that throws": [
    "kaput",
    Stage.each("s", { ...shared, ...numbers, open: (_) => Effect.succeed(() => Effect.die(new Error("kaput"))) }),
  ],
  "an open that throws": [
    "kaput",
    Stage.rows("s", {
      ...shared,
      ...numbers,
      open: (_) => {
        throw new Error("kaput")
      },
    }),
  ],
  "a run that throws": [
    "kaput",
    Stage.whole("s", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Numbers,
      run: (_) => Effect.die("kaput"),
    }),
  ],
  "a stream that throws": [
    "kaput",
    Stage.whole("s", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Numbers,
      run: (_) => Effect.succeed(Stream.die(new Error("kaput"))),
    }),
  ],
  "a stage that interrupts itself": [
    "",
    Stage.rows("s", { ...shared, ...numbers, open: (_) => Effect.succeed(() => Effect.interrupt) }),
  ],
  "columns of different lengths": [
    "rows where",
    Stage.rows("s", {
      ...shared,
      ...numbers,
      open: (_) => Effect.succeed(({ id }) => Effect.succeed({ id, value: new Float64Array() })),
    }),
  ],
  "a batch of different lengths": [
    "rows where",
    Stage.whole("s", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Numbers,
      run: (_) => Effect.succeed({ id: ["a", "b"], value: Float64Array.of(1) }),
    }),
  ],
}
declare const noNode: () => import("../../src/dsl/Node.ts").Node<typeof Numbers>

it.live("whatever a stage does, it is the failure of its node, and the run goes on", () =>
  Effect.gen(function* () {
    for (const [how, [said, stage]] of Object.entries(broken)) {
      const { run, source, stages, write } = yield* lab
      write("a", upTo(30))
      const fine = stages.each.always(source("a"), { as: "fine", add: 0, div: 1 })
      const events = yield* run({ bad: stage(source("a")), fine }, { keepGoing: true })
      expect(only(events, "failed"), how).toMatchObject([{ node: "s(a)" }])
      expect(only(events, "failed")[0]?.message, how).toContain(said)
      expect(nodesOf(events, "finished"), how).toContain("each-always(a)")
    }
  }),
)

it.live("nodes fail one by one: what shares a shard with a failed one is done all the same", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(30).slice(1))
    const decoded = stages.each.never(source("a"), { as: "decoded", add: 0, div: 1 })
    const bad = stages.picky.always(decoded, { as: "bad", div: 20, policy: "fail" })
    const fine = stages.batches.always(decoded, { as: "fine", add: 0, div: 1 })
    const events = yield* run({ bad, fine }, { keepGoing: true })
    expect(nodesOf(events, "failed")).toEqual(["picky-always(a)"])
    expect(nodesOf(events, "finished")).toContain("batches-always(a)")
    expect(
      called()
        .filter((call) => call.startsWith("fine"))
        .join(" ")
        .match(/r\d+/g),
    ).toHaveLength(29)
  }),
)

it.live("a source whose file is missing is a failed node in the plan and in the run", () =>
  Effect.gen(function* () {
    const { plan, run, source, stages, write, fileOf } = yield* lab
    write("a", upTo(3))
    const x = stages.each.always(source("gone"), { as: "x", add: 0, div: 1 })
    const of = { x, y: stages.each.always(source("a"), { as: "y", add: 0, div: 1 }) }
    expect(statesOf(yield* plan(of))).toMatchObject({
      "source(gone)": { _tag: "failed", message: "no such file" },
      "each-always(gone)": { _tag: "waiting", for: ["source(gone)"] },
    })
    const events = yield* run(of, { keepGoing: true })
    expect(only(events, "failed")).toMatchObject([{ node: "source(gone)", file: fileOf("gone") }])
    expect(only(events, "blocked")).toMatchObject([{ node: "each-always(gone)", by: "source(gone)" }])
    expect(nodesOf(events, "finished")).toEqual(["each-always(a)", "source(a)"])
    write("gone", upTo(3))
    expect(summaryOf(yield* run(of))).toMatchObject({ failed: 0, executed: 2, cached: 2 })
  }),
)

it.live("a stamp or an environment that breaks is its node's failure", () =>
  Effect.gen(function* () {
    const { run } = yield* lab
    const source = { ...shared, inputs: {}, output: Sum, run: () => Effect.succeed({ value: Float64Array.of(1) }) }
    const stamp = Stage.whole("stamp", {
      ...source,
      stamp: () => {
        throw new Error("kaput")
      },
    })
    const environment = Stage.whole("environment", {
      ...source,
      environment: Effect.fail(new StageError({ message: "no driver" })),
    })
    const events = yield* run({ a: stamp(), b: environment() }, { keepGoing: true })
    expect(only(events, "failed").map(({ message, node }) => [node, message])).toEqual([
      ["stamp", "the stage broke: kaput"],
      ["environment", "no driver"],
    ])
  }),
)

it.live("a node that failed is shown as such until something has changed", () =>
  Effect.gen(function* () {
    for (const persist of ["always", "never"] as const) {
      const { plan, run, source, stages, version, write } = yield* lab
      write("a", upTo(10).slice(1))
      const of = (made = stages, div = 5) => ({
        x: made.batches.always(made.picky[persist](source("a"), { as: "bad", div, policy: "fail" }), {
          as: "x",
          add: 0,
          div: 1,
        }),
        other: stages.picky.always(source("a"), { as: "other", div: 2, policy: "fail" }),
      })
      const state = (targets: ReturnType<typeof of>) =>
        Effect.map(
          plan(targets),
          (planned) => statesOf(planned)[`picky-${persist}(a${persist === "always" ? "; as=bad div=5" : ""})`],
        )
      const failed = { _tag: "failed", message: "r5: 5 is a multiple of 5" }
      yield* run(of(), { targets: ["x"] })
      expect(yield* state(of())).toEqual(failed)
      // A run that did not get to it changes nothing about that.
      yield* run({ other: of().other }, { jobs: 1 })
      expect(yield* state(of())).toEqual(failed)
      expect(yield* state(of(version("2")))).toMatchObject({ _tag: "stale" })
      write("a", [["another", 1]])
      yield* run(of(), { targets: ["source*"] })
      expect(yield* state(of())).toMatchObject({ _tag: "stale" })
      expect(summaryOf(yield* run(of(), { targets: ["x"] }))).toMatchObject({ failed: 0 })
      expect(yield* state(of())).toMatchObject({ _tag: persist === "always" ? "fresh" : "streamed" })
    }
  }),
)

it.live("a bad param is an error of the pipeline, before anything has run", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(3))
    const error = yield* Effect.flip(run({ x: stages.each.always(source("a"), { as: "x", add: Number.NaN, div: 1 }) }))
    expect(error).toMatchObject({ _tag: "PipelineError", node: "each-always(a)" })
    expect(error.message).toContain("add")
    expect(called()).toEqual([])
  }),
)

it.live("an interrupted run stops at once; what it did counts, and it is remembered", () =>
  Effect.gen(function* () {
    const { called, held, run, source, stages, write } = yield* lab
    write("a", upTo(30))
    const reached = yield* Deferred.make<void>()
    let closed = 0
    const hangs = Stage.each("hangs", {
      ...shared,
      ...numbers,
      open: (_) =>
        Effect.as(
          Effect.acquireRelease(Effect.void, () => Effect.sync(() => void closed++)),
          (row) =>
            row.id === "r20" ? Effect.andThen(Deferred.succeed(reached, undefined), Effect.never) : Effect.succeed(row),
        ),
    })
    const first = stages.each.always(source("a"), { as: "first", add: 0, div: 1 })
    const fiber = yield* Effect.forkChild(run({ x: hangs(first) }, { jobs: 2 }))
    yield* Deferred.await(reached)
    const begun = performance.now()
    yield* Fiber.interrupt(fiber)
    expect(performance.now() - begun).toBeLessThan(5000)
    expect(closed).toBe(1)
    const actions = [...held.actions.values()].filter(({ node }) => node === "hangs(a)")
    expect(actions.length).toBeGreaterThan(0)
    expect(held.runs).toHaveLength(1)
    expect(held.runs[0]?.nodes["each-always(a)"]?.state).toBe("executed")
    called()
    const other = Stage.each("hangs", {
      ...shared,
      ...numbers,
      open: (_) => Effect.succeed((row) => Effect.succeed(row)),
    })
    const summary = summaryOf(yield* run({ x: other(first) }))
    expect(called()).toEqual([])
    expect(summary.shards.cached).toBeGreaterThanOrEqual(actions.length)
    expect(summary).toMatchObject({ executed: 1, cached: 2 })
  }),
)
