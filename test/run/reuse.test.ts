import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Node from "../../src/dsl/Node.ts"
import * as Hash from "../../src/hash/Hash.ts"
import { nodesOf, only, summaryOf } from "./engine.ts"
import { lab, statesOf, upTo } from "./lab.ts"

it.live("what comes out the same stops what follows", () =>
  Effect.gen(function* () {
    const { called, plan, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const of = (add: number) => {
      const halved = stages.each.always(source("a"), { as: "halved", add, div: 1000 })
      return {
        sum: stages.total([stages.batches.always(halved, { as: "next", add: 0, div: 1 })], {
          as: "sum",
          add: 0,
          div: 1,
        }),
      }
    }
    yield* run(of(0))
    called()
    const planned = yield* plan(of(1))
    expect(statesOf(planned)).toEqual({
      "source(a)": { _tag: "fresh" },
      "each-always(a)": { _tag: "stale", reason: "param add 0 -> 1" },
      "batches-always(a)": { _tag: "waiting", for: ["each-always(a)"] },
      "total(a)": { _tag: "waiting", for: ["batches-always(a)"] },
    })
    const events = yield* run(of(1))
    expect(called()).toEqual(upTo(20).map(([id]) => `halved ${id}`))
    expect(only(events, "finished")).toMatchObject([{ node: "each-always(a)", changed: false }])
    expect(nodesOf(events, "cached")).toEqual(["batches-always(a)", "source(a)", "total(a)"])
    expect(summaryOf(events)).toMatchObject({ nodes: 4, executed: 1, cached: 3 })
  }),
)

it.live("a file with a new date and the same bytes stops at its source", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const of = () => ({ x: stages.each.always(source("a"), { as: "x", add: 1, div: 1 }) })
    yield* run(of())
    called()
    write("a", upTo(20))
    const events = yield* run(of())
    expect(called()).toEqual(["a whole"])
    expect(only(events, "started")[0]?.reason).toBe("files outside changed")
  }),
)

it.live("deleting what is only kept for speed makes nothing stale", () =>
  Effect.gen(function* () {
    const { called, held, outputs, plan, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const pixels = stages.each.budget(source("a"), { as: "pixels", add: 1, div: 1 })
    const of = { x: stages.batches.always(pixels, { as: "x", add: 1, div: 1 }) }
    yield* run(of)
    called()
    const kept = outputs("each-budget(a)")
    expect(kept).toHaveLength(5)
    for (const { table } of kept) held.artifacts.delete(table.hash)
    expect(statesOf(yield* plan(of))["each-budget(a)"]).toEqual({ _tag: "streamed" })
    expect(summaryOf(yield* run(of))).toMatchObject({ executed: 0, cached: 3, shards: { executed: 0 } })
    expect(called()).toEqual([])
  }),
)

it.live("deleting a result computes that shard again and no other", () =>
  Effect.gen(function* () {
    const { called, held, outputs, plan, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const first = stages.each.always(source("a"), { as: "first", add: 1, div: 1 })
    const of = { x: stages.batches.always(first, { as: "x", add: 1, div: 1 }) }
    yield* run(of)
    called()
    const third = outputs("each-always(a)")[2]
    held.artifacts.delete(third?.table.hash ?? "")
    const planned = yield* plan(of)
    expect(statesOf(planned)["each-always(a)"]).toEqual({ _tag: "stale", reason: "its artifact is missing" })
    expect(planned.nodes[1]?.shards).toEqual({ total: 5, fresh: 4 })
    const events = yield* run(of)
    expect(called()).toHaveLength(third?.table.rows ?? 0)
    expect(only(events, "finished")).toMatchObject([
      { node: "each-always(a)", changed: false, shards: { executed: 1, cached: 4 } },
    ])
    expect(nodesOf(events, "cached")).toEqual(["batches-always(a)", "source(a)"])
  }),
)

it.live("a row more touches the shards near it and no others", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    const rows = upTo(200)
    write("a", rows)
    const of = { x: stages.each.always(source("a"), { as: "x", add: 1, div: 1 }) }
    const [before] = only(yield* run(of), "finished").slice(-1)
    called()
    write("a", rows.toSpliced(100, 0, ["new", 7]))
    const events = yield* run(of)
    const calls = called().slice(1)
    expect(calls).toContain("x new")
    expect(calls.length).toBeLessThanOrEqual(16)
    const [after] = only(events, "finished").slice(-1)
    expect(after?.shards.executed).toBeLessThanOrEqual(2)
    expect(after?.shards.cached).toBeGreaterThanOrEqual((before?.shards.executed ?? 0) - 3)
  }),
)

it.live("renaming nodes touches nothing", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const of = (label: string) => {
      const picked = stages.picky.always(Node.named(source("a"), label), { as: "picked", div: 3, policy: "skip" })
      return { x: stages.each.always(Node.named(picked, `${label}!`), { as: "x", add: 1, div: 1 }) }
    }
    yield* run(of("one"))
    called()
    expect(summaryOf(yield* run(of("two")))).toMatchObject({ executed: 0, cached: 3 })
    expect(called()).toEqual([])
  }),
)

it.live("several sets are told from one set of their shards", () =>
  Effect.gen(function* () {
    const { outputs, run, source, stages, write } = yield* lab
    // A shard ends after two rows where the second one's hash is larger than those beside it.
    const beside = Math.max(Hash.small("r0"), Hash.small("q0"))
    const last = Array.from({ length: 50 }, (_, i) => `last${i}`).find((id) => Hash.small(id) > beside) ?? ""
    const a = [
      ["r0", 1],
      [last, 2],
    ] as const
    const b = [
      ["q0", 3],
      ["q1", 4],
    ] as const
    write("a", a)
    write("b", b)
    write("ab", [...a, ...b])
    const total = (...names: ReadonlyArray<string>) => stages.total(names.map(source), { as: "sum", add: 0, div: 1 })
    yield* run({ x: total("a", "b") })
    const shards = [...outputs("source(a)"), ...outputs("source(b)")].map(({ table }) => table.hash)
    const events = yield* run({ x: total("ab") })
    // The same shards in the same order, but one table.
    expect(outputs("source(ab)").map(({ table }) => table.hash)).toEqual(shards)
    expect(shards).toHaveLength(2)
    expect(nodesOf(events, "finished")).toEqual(["source(ab)", "total(ab)"])
  }),
)

it.live("which rows were left out is part of what a table is", () =>
  Effect.gen(function* () {
    const { called, outputs, rows, run, source, stages, write } = yield* lab
    const of = {
      x: stages.each.always(stages.picky.always(source("a"), { as: "picked", div: 10, policy: "skip" }), {
        as: "x",
        add: 0,
        div: 1,
      }),
    }
    write("a", [
      ["r1", 1],
      ["r2", 2],
      ["bad", 10],
    ])
    yield* run(of)
    called()
    write("a", [
      ["r1", 1],
      ["r2", 2],
      ["worse", 20],
    ])
    yield* run(of)
    expect(called()).toContain("x r1")
    const skips = outputs("each-always(a)").flatMap(({ skipped }) => rows(skipped?.hash))
    expect(skips.map(({ id, reason }) => [id, reason])).toEqual([["worse", "20 is a multiple of 10"]])
  }),
)

it.live("a node that is forced is computed again; what follows stops where nothing changed", () =>
  Effect.gen(function* () {
    const { called, plan, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const first = stages.each.always(source("a"), { as: "first", add: 1, div: 1 })
    const of = { x: stages.batches.always(first, { as: "x", add: 1, div: 1 }) }
    yield* run(of)
    called()
    const force = ["each-always*"]
    expect(statesOf(yield* plan(of, { force }))["each-always(a)"]).toEqual({ _tag: "stale", reason: "forced" })
    const events = yield* run(of, { force })
    expect(called()).toHaveLength(20)
    expect(only(events, "started")).toMatchObject([{ node: "each-always(a)", reason: "forced" }])
    expect(only(events, "finished")).toMatchObject([{ changed: false }])
  }),
)

it.live("what stands on a streamed node is forced with it, as its key would hide the difference", () =>
  Effect.gen(function* () {
    const { called, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    for (const persist of ["never", "budget"] as const) {
      const pixels = stages.each[persist](source("a"), { as: "pixels", add: 1, div: 1 })
      const first = stages.each.always(pixels, { as: "first", add: 1, div: 1 })
      const of = { x: stages.batches.always(first, { as: "x", add: 1, div: 1 }) }
      yield* run(of)
      called()
      yield* run(of, { force: [`each-${persist}`] })
      const calls = called()
      expect(calls.filter((call) => call.startsWith("pixels"))).toHaveLength(20)
      expect(calls.filter((call) => call.startsWith("first"))).toHaveLength(20)
      expect(calls.filter((call) => call.startsWith("x"))).toEqual([])
    }
  }),
)

it.live("a run of some targets leaves the rest alone", () =>
  Effect.gen(function* () {
    const { called, plan, run, source, stages, write } = yield* lab
    write("a", upTo(5))
    write("b", upTo(5))
    const of = {
      x: stages.each.always(source("a"), { as: "x", add: 1, div: 1 }),
      y: stages.each.always(source("b"), { as: "y", add: 1, div: 1 }),
    }
    for (const targets of [["x"], ["each-always(a)"], ["each-always(*a)"]]) {
      expect((yield* plan(of, { targets })).nodes.map((node) => node.name)).toEqual(["source(a)", "each-always(a)"])
      expect(summaryOf(yield* run(of, { targets })).nodes).toBe(2)
    }
    expect(called().filter((call) => /^[yb] /.test(call))).toEqual([])
    const error = yield* Effect.flip(run(of, { targets: ["each-alway"] }))
    expect(error).toMatchObject({ _tag: "PipelineError" })
  }),
)

it.live("a target that may be written is computed for its own sake", () =>
  Effect.gen(function* () {
    const { called, plan, run, source, stages, write } = yield* lab
    write("a", upTo(20))
    const pixels = stages.each.budget(stages.each.never(source("a"), { as: "decoded", add: 0, div: 1 }), {
      as: "pixels",
      add: 1,
      div: 1,
    })
    const of = { pixels }
    expect(summaryOf(yield* run(of))).toMatchObject({ executed: 3 })
    expect(called().filter((call) => call.startsWith("pixels"))).toHaveLength(20)
    expect(statesOf(yield* plan(of))).toMatchObject({ "each-budget(a)": { _tag: "fresh" } })
    expect(summaryOf(yield* run(of))).toMatchObject({ executed: 0, cached: 3 })
  }),
)

it.live("explain says which part of the key changed, from what to what", () =>
  Effect.gen(function* () {
    const { explain, fileOf, run, source, stages, version, write } = yield* lab
    write("a", upTo(5))
    const of = (add: number, made = stages, input = source("a")) => ({
      x: made.each.always(input, { as: "x", add, div: 1 }),
    })
    expect(yield* explain(of(1), "x")).toMatchObject({
      state: { _tag: "waiting", for: ["source(a)"] },
      parts: undefined,
    })
    yield* run(of(1))
    expect(yield* explain(of(1), "x")).toMatchObject({ state: { _tag: "fresh" }, changes: [] })
    expect(yield* explain(of(2), "each-always(a)")).toMatchObject({
      node: "each-always(a)",
      stage: "each-always",
      state: { _tag: "stale", reason: "param add 1 -> 2" },
      shards: { total: 1, fresh: 0 },
      changes: [{ part: "param", name: "add", before: "1", after: "2" }],
    })
    const changed = yield* explain(of(1, version("2")), "x")
    expect(changed.changes).toEqual([{ part: "code", name: "each-always", before: "version 1", after: "version 2" }])
    write("a", upTo(4))
    expect((yield* explain(of(1), "source*")).changes).toMatchObject([{ part: "outside" }])
    write("b", upTo(4))
    const other = of(1, stages, stages.source({ as: "a", file: fileOf("b") }))
    yield* run({ only: other.x }, { targets: ["source*"] })
    expect((yield* explain(other, "x")).changes).toMatchObject([{ part: "input", name: "numbers" }])
  }),
)

it.live("reasons survive a run that did not get that far", () =>
  Effect.gen(function* () {
    const { plan, run, source, stages, write } = yield* lab
    write("a", upTo(5))
    const of = (add: number, div: number) => {
      const picked = stages.picky.always(source("a"), { as: "picked", div, policy: "fail" })
      return { x: picked, y: stages.each.always(source("a"), { as: "y", add, div: 1 }) }
    }
    yield* run(of(1, 100), { targets: ["y"] })
    yield* run(of(2, 1), { jobs: 1 })
    expect(statesOf(yield* plan(of(2, 1)))["each-always(a)"]).toEqual({ _tag: "stale", reason: "param add 1 -> 2" })
  }),
)
