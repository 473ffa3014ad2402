import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Dag } from "../../src/dsl/Dag.ts"
import { select, selectOne } from "../../src/dsl/select.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import * as Table from "../../src/arrow/Table.ts"
import * as Schema from "effect/Schema"

const stage = (name: string) =>
  Stage.whole(name, {
    module: import.meta,
    params: Schema.Struct({}),
    inputs: {},
    output: Table.whole("t", { x: "int32" }),
    run: () => Effect.succeed({ x: Int32Array.of(1) }),
  })

const dag: Dag = {
  pipeline: "toy",
  directory: "/",
  targets: { table: 3, leaderboard: 3 },
  nodes: ["extract(hog, sketch)", "extract(hog, val)", "extract(hog, val)#2", "aggregate"].map((name, index) => ({
    index,
    name,
    stage: stage(name.split("(")[0] ?? ""),
    params: {},
    canonical: {},
    inputs: {},
    persist: "always",
    write: undefined,
    target: index === 3 ? "table" : undefined,
  })),
}

it.effect("a pattern is a node's name, a target's, a stage's, or has stars", () =>
  Effect.gen(function* () {
    expect(yield* select(dag, "extract(hog, val)")).toEqual([1])
    expect(yield* select(dag, "table")).toEqual([3])
    expect(yield* select(dag, "leaderboard")).toEqual([3])
    expect((yield* selectOne(dag, "leaderboard")).index).toBe(3)
    expect(yield* select(dag, "extract")).toEqual([0, 1, 2])
    expect(yield* select(dag, "extract(*, val)*")).toEqual([1, 2])
    expect(yield* select(dag, "*")).toEqual([0, 1, 2, 3])
  }),
)

it.effect("what means something in expressions means itself here", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(select(dag, "extract.hog, val."))
    expect(error.message).toContain("no node matches")
    expect((yield* Effect.flip(select(dag, "aggregat+")))._tag).toBe("PipelineError")
  }),
)

it.effect("what matches nothing is an error with names like it", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(select(dag, "extract(hgo, sketch)"))
    expect(error.message).toContain("extract(hgo, sketch)")
    expect(error.hint).toContain("extract(hog, sketch)")
  }),
)

it.effect("a stage that is misspelt is recognised by its name alone", () =>
  Effect.gen(function* () {
    expect((yield* Effect.flip(select(dag, "agregat"))).hint).toContain("aggregate")
  }),
)

it.effect("no names are proposed where none is like it", () =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(select(dag, "xyz"))
    expect(error.hint).toBe("`pipeline graph` lists all")
  }),
)

it.effect("one node is meant by its exact name, or by a pattern that no other matches", () =>
  Effect.gen(function* () {
    expect((yield* selectOne(dag, "extract(hog, val)")).index).toBe(1)
    expect((yield* selectOne(dag, "table")).index).toBe(3)
    expect((yield* selectOne(dag, "*sketch*")).index).toBe(0)
    const error = yield* Effect.flip(selectOne(dag, "extract*"))
    expect(error.message).toContain("3 nodes")
    expect(error.hint).toContain("extract(hog, val)")
  }),
)
