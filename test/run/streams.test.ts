import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Node from "../../src/dsl/Node.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { only, summaryOf } from "./engine.ts"
import { lab, statesOf, upTo } from "./lab.ts"
import { Numbers, Sum } from "./toys.ts"

const sums = (calls: ReadonlyArray<string>, node: string) => calls.filter((call) => call.startsWith(`${node} `))

it.live("several stale nodes share one pass over what is streamed", () =>
  Effect.gen(function* () {
    for (const jobs of [1, 2, 5]) {
      const { called, run, source, stages, write } = yield* lab
      write("a", upTo(40))
      write("b", upTo(3))
      const decoded = stages.each.never(source("a"), { as: "decoded", add: 1, div: 1 })
      const cropped = stages.batches.never(decoded, { as: "cropped", add: 1, div: 1 })
      const encoders = ["e0", "e1", "e2", "e3"].map((as) => stages.total([source("b")], { as, add: 0, div: 1 }))
      const features = encoders.map((sum, i) =>
        stages.batches.always({ numbers: cropped, sum }, { as: `x${i}`, add: i, div: 1 }),
      )
      const early = stages.each.always(decoded, { as: "early", add: 0, div: 1 })
      const all = stages.total([...features, early], { as: "all", add: 0, div: 1 })
      // With one job at a time the encoders come first, without being asked to; with more, some may still be under way.
      if (jobs > 1) yield* run({ all }, { targets: ["total(b*"] })
      expect(summaryOf(yield* run({ all }, { jobs })).failed).toBe(0)
      const calls = called()
      expect(sums(calls, "decoded")).toHaveLength(40)
      expect(sums(calls, "cropped").join(" ").match(/r\d+/g)).toHaveLength(40)
      for (let i = 0; i < 4; i++) expect(sums(calls, `x${i}`).join(" ").match(/r\d+/g)).toHaveLength(40)
    }
  }),
)

it.live("nodes that come to the same key are computed once", () =>
  Effect.gen(function* () {
    for (const jobs of [1, 2, 8]) {
      const { called, outputs, run, source, stages, write } = yield* lab
      write("a", upTo(40))
      write("b", upTo(40))
      const through = (name: string) => {
        const decoded = stages.each.never(source(name), { as: "decoded", add: 1, div: 1 })
        const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
        const features = ["x", "y"].map((as) => stages.batches.always(pixels, { as, add: 1, div: 1 }))
        return stages.total(features, { as: "sum", add: 0, div: 1 })
      }
      const targets = {
        a: through("a"),
        b: through("b"),
        both: stages.total([source("b"), source("a")], { as: "both", add: 0, div: 1 }),
      }
      const summary = summaryOf(yield* run(targets, { jobs }))
      const calls = called()
      expect(sums(calls, "pixels")).toHaveLength(40)
      expect(sums(calls, "x").join(" ").match(/r\d+/g)).toHaveLength(40)
      expect(sums(calls, "sum")).toHaveLength(1)
      expect(summary).toMatchObject({ failed: 0, nodes: 13 })
      expect(summary.executed + summary.cached).toBe(13)
      expect(outputs("total(a; as=sum)")).toEqual(outputs("total(b; as=sum)"))
      expect(summaryOf(yield* run(targets, { jobs }))).toMatchObject({ executed: 0, cached: 13 })
    }
  }),
)

it.live("a model added later decodes nothing while pixels are kept, and decodes again once they are not", () =>
  Effect.gen(function* () {
    const { called, held, outputs, run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const decoded = stages.each.never(source("a"), { as: "decoded", add: 1, div: 1 })
    const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
    const model = (as: string) => stages.batches.always(pixels, { as, add: 1, div: 1 })
    yield* run({ x: model("x") })
    called()
    yield* run({ x: model("x"), y: model("y") })
    expect(sums(called(), "decoded")).toEqual([])
    for (const { table } of outputs("each-budget(a)").slice(0, 3)) held.artifacts.delete(table.hash)
    yield* run({ x: model("x"), z: model("z") })
    const again = sums(called(), "decoded").length
    expect(again).toBeGreaterThan(0)
    expect(again).toBeLessThan(40)
  }),
)

/** How many rows there are said to be before any has been read. */
const promised = Stage.whole("promised", {
  module: import.meta,
  version: "1",
  params: Schema.Struct({}),
  inputs: { numbers: Numbers },
  output: Sum,
  run: ({ numbers }) => Effect.succeed({ value: Float64Array.of(numbers.rows) }),
})

it.live("keys and results are the same whether pixels are written, streamed or half of each", () =>
  Effect.gen(function* () {
    const found: Array<ReadonlyArray<unknown>> = []
    const written: Array<number> = []
    for (const pixelBudget of [1e9, 0, 400]) {
      for (const choice of [undefined, true, false]) {
        const { held, outputs, run, source, stages, write } = yield* lab
        write("a", upTo(60))
        const decoded = stages.picky.never(source("a"), { as: "decoded", div: 7, policy: "skip" })
        const pixels = stages.picky.budget(decoded, { as: "pixels", div: 5, policy: "skip" })
        const chosen = choice === undefined ? pixels : Node.persisted(pixels, choice)
        const x = stages.batches.always(chosen, { as: "x", add: 1, div: 1 })
        const all = stages.total([chosen, x], { as: "all", add: 0, div: 1 })
        yield* run({ all, promised: promised(chosen) }, { pixelBudget })
        const results = ["batches-always(a)", "total(a)", "promised(a)"].map(outputs)
        found.push([held.runs[0]?.nodes["batches-always(a)"]?.keys, ...results])
        written.push(outputs("picky-budget(a)").length)
      }
    }
    for (const one of found) expect(one).toEqual(found[0])
    const shards = written[0] ?? 0
    // A budget is looked at before a shard is begun, so a little more than it may be written.
    const half = written[6] ?? 0
    expect(written).toEqual([shards, shards, 0, 0, shards, 0, half, shards, 0])
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(shards)
  }),
)

it.live("what a whole-table stage streams is computed once, and kept where it may be", () =>
  Effect.gen(function* () {
    const { called, outputs, run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const decoded = stages.each.never(source("a"), { as: "decoded", add: 1, div: 1 })
    const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
    const last = stages.each.never(pixels, { as: "last", add: 0, div: 1 })
    const events = yield* run({ sum: stages.total([last, pixels], { as: "sum", add: 0, div: 1 }) })
    const calls = called()
    for (const node of ["decoded", "pixels", "last"]) expect(sums(calls, node)).toHaveLength(40)
    expect(outputs("each-budget(a)").length).toBeGreaterThan(5)
    expect(summaryOf(events)).toMatchObject({ nodes: 5, executed: 5 })
  }),
)

it.live("the plan says what is streamed, and for whom it would be computed", () =>
  Effect.gen(function* () {
    const { plan, run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const decoded = stages.each.never(source("a"), { as: "decoded", add: 1, div: 1 })
    const pixels = stages.each.budget(decoded, { as: "pixels", add: 1, div: 1 })
    const of = (...models: ReadonlyArray<string>) =>
      Object.fromEntries(models.map((as) => [as, stages.batches.always(pixels, { as, add: 1, div: 1 })]))
    yield* run(of("x"))
    expect(statesOf(yield* plan(of("x")))).toMatchObject({
      "each-never(a)": { _tag: "streamed" },
      "each-budget(a)": { _tag: "fresh" },
    })
    // Pixels are there, so a new model needs no decoding.
    expect(statesOf(yield* plan(of("x", "y")))).toMatchObject({
      "each-never(a)": { _tag: "streamed" },
      "each-budget(a)": { _tag: "fresh" },
      "batches-always(a; as=y)": { _tag: "stale", reason: "never computed" },
    })
    const { plan: fresh, source: other, stages: toys, write: save } = yield* lab
    save("a", upTo(4))
    yield* Effect.asVoid(fresh({}))
    const chain = toys.each.never(other("a"), { as: "decoded", add: 1, div: 1 })
    const x = toys.batches.always(chain, { as: "x", add: 1, div: 1 })
    expect(statesOf(yield* fresh({ x }))).toMatchObject({
      "each-never(a)": { _tag: "waiting", for: ["source(a)"] },
      "batches-always(a)": { _tag: "waiting", for: ["source(a)"] },
    })
  }),
)

it.live("a set that is computed is walked shard by shard once it is known", () =>
  Effect.gen(function* () {
    const { called, plan, run, source, stages, write } = yield* lab
    write("a", upTo(40))
    const found = stages.keep(source("a"), { as: "found", add: 0, div: 3 })
    const of = { x: stages.each.always(found, { as: "x", add: 0, div: 1 }) }
    expect(statesOf(yield* plan(of))["each-always(a)"]).toEqual({ _tag: "waiting", for: ["keep(a)"] })
    const events = yield* run(of)
    expect(sums(called(), "x")).toHaveLength(26)
    expect(only(events, "finished").at(-1)?.shards.executed).toBeGreaterThan(4)
  }),
)

it.live("a stage may read its inputs as often as it likes", () =>
  Effect.gen(function* () {
    const { run, rows, outputs, source, stages, write } = yield* lab
    write("a", upTo(40))
    const twice = Stage.whole("twice", {
      module: import.meta,
      version: "1",
      params: Schema.Struct({}),
      inputs: { numbers: Numbers },
      output: Sum,
      run: ({ numbers }) =>
        Effect.gen(function* () {
          const [first, second] = [yield* numbers.all, yield* numbers.all]
          return { value: Float64Array.of(first.id.length + second.id.length + numbers.rows) }
        }),
    })
    yield* run({ x: twice(stages.each.never(source("a"), { as: "n", add: 0, div: 1 })) })
    expect(rows(outputs("twice(a)")[0]?.table.hash)).toEqual([{ value: 120 }])
  }),
)

it.live("what a stage opens is opened once, shared by its shards, and closed with them", () =>
  Effect.gen(function* () {
    const { run, source, write } = yield* lab
    write("a", upTo(40))
    const log: Array<string> = []
    const held = (name: string) =>
      Effect.acquireRelease(
        Effect.sync(() => void log.push(`open ${name}`)),
        () => Effect.sync(() => void log.push(`close ${name}`)),
      )
    const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }
    const mapped = Stage.rows("mapped", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Numbers,
      over: "numbers",
      open: (_) => Effect.as(held("session"), ({ id, value }) => Effect.succeed({ id, value })),
    })
    const summed = Stage.whole("summed", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Sum,
      run: ({ numbers }) =>
        Effect.gen(function* () {
          yield* held("sum")
          log.push("run sum")
          return { value: Float64Array.of(numbers.rows) }
        }),
    })
    const later = Stage.whole("later", {
      ...shared,
      inputs: { sum: Sum },
      output: Sum,
      run: () =>
        Effect.delay(
          Effect.sync(() => {
            log.push("later")
            return { value: Float64Array.of(1) }
          }),
          "2500 millis",
        ),
    })
    yield* run({ x: later(summed(mapped(source("a")))) }, { jobs: 4 })
    expect(log).toEqual([
      "open session",
      "open sum",
      "run sum",
      "close sum",
      // Some seconds after its last use, long before the run ends.
      "close session",
      "later",
    ])
  }),
)
