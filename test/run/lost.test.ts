import { expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stage from "../../src/dsl/Stage.ts"
import { nodesOf, only, summaryOf } from "./engine.ts"
import { lab, upTo } from "./lab.ts"
import { Numbers, Sum } from "./toys.ts"

const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }

it.live("an artifact that is lost between plan and reading is computed again, and its readers after it", () =>
  Effect.gen(function* () {
    for (const jobs of [1, 8]) {
      const { held, called, outputs, run, source, stages, write } = yield* lab
      write("a", upTo(40))
      const first = stages.each.always(source("a"), { as: "first", add: 1, div: 1 })
      const decoded = stages.each.never(first, { as: "decoded", add: 1, div: 1 })
      yield* run({ first })
      called()
      const lost = outputs("each-always(a)").map(({ table }) => table.hash)
      // Deletes what the plan has found there, while the run is under way.
      const thief = Stage.whole("thief", {
        ...shared,
        inputs: { numbers: Numbers },
        output: Sum,
        run: () =>
          Effect.sync(() => {
            for (const hash of lost) held.artifacts.delete(hash)
            return { value: Float64Array.of(0) }
          }),
      })
      const readers = Array.from({ length: 8 }, (_, i) =>
        stages.batches.always({ numbers: decoded, sum: thief(source("a")) }, { as: `x${i}`, add: i, div: 1 }),
      )
      const events = yield* run({ sum: stages.total(readers, { as: "sum", add: 0, div: 1 }), first }, { jobs })
      expect(only(events, "failed")).toEqual([])
      expect(called().filter((call) => call.startsWith("first"))).toHaveLength(40)
      expect(lost.every((hash) => held.artifacts.has(hash))).toBe(true)
    }
  }),
)

it.live("an artifact that comes out different when it is computed again is followed by all that stands on it", () =>
  Effect.gen(function* () {
    const { held, outputs, run, rows, source, stages, write } = yield* lab
    write("a", upTo(40))
    let salt = 0
    const fickle = Stage.whole("fickle", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Sum,
      run: () => Effect.sync(() => ({ value: Float64Array.of(salt++) })),
    })
    const drawn = fickle(source("a"))
    const thief = Stage.whole("thief", {
      ...shared,
      inputs: { numbers: Numbers },
      output: Sum,
      run: () =>
        Effect.sync(() => {
          held.artifacts.delete(outputs("fickle(a)")[0]?.table.hash ?? "")
          return { value: Float64Array.of(7) }
        }),
    })
    const x = stages.each.always({ numbers: source("a"), sum: drawn }, { as: "x", add: 0, div: 1 })
    yield* run({ x })
    const guard = thief(source("a"))
    const slow = stages.each.never({ numbers: source("a"), sum: guard }, { as: "slow", add: 0, div: 1 })
    const y = stages.batches.always({ numbers: slow, sum: drawn }, { as: "y", add: 0, div: 1 })
    const events = yield* run({ x, y })
    expect(only(events, "failed")).toEqual([])
    expect(salt).toBe(2)
    expect(nodesOf(events, "finished").filter((name) => name === "fickle(a)")).toHaveLength(1)
    for (const node of ["each-always(a)", "batches-always(a)"]) {
      const found = outputs(node).flatMap(({ table }) => rows(table.hash))
      expect(found).toHaveLength(40)
      // The second draw, and 7 of the thief where it went through `slow`.
      expect(found[0]).toEqual({ id: "r0", value: node.startsWith("each") ? 1 : 8 })
    }
  }),
)

it.live("work that is under way when its inputs turn out different is kept under the key that it was begun for", () =>
  Effect.gen(function* () {
    const { held, outputs, run, rows, source, stages, write } = yield* lab
    write("a", upTo(40))
    const begun = yield* Deferred.make<void>()
    const drawnAgain = yield* Deferred.make<void>()
    const inputs = { numbers: Numbers }
    let draws = 0
    let waited = false
    const fickle = Stage.whole("fickle", {
      ...shared,
      inputs,
      output: Sum,
      run: (_) =>
        Effect.gen(function* () {
          if (++draws > 1) yield* Deferred.succeed(drawnAgain, undefined)
          return { value: Float64Array.of(1000 * draws) }
        }),
    })
    const drawn = fickle(source("a"))
    // Has read what was drawn first, and is in the middle of a shard when that is lost and drawn again.
    const caught = Stage.each("caught", {
      ...shared,
      inputs: { numbers: Numbers, sum: Sum },
      output: Numbers,
      over: "numbers",
      open: ({ sum }) =>
        Effect.map(
          sum.all,
          ({ value: [side = 0] }) =>
            ({ id, value }) =>
              Effect.gen(function* () {
                if (id === "r20" && !waited) {
                  waited = true
                  yield* Deferred.succeed(begun, undefined)
                  yield* Deferred.await(drawnAgain)
                  yield* Effect.sleep("200 millis")
                }
                return { id, value: value + side }
              }),
        ),
    })
    const thief = Stage.whole("thief", {
      ...shared,
      inputs,
      output: Sum,
      run: (_) =>
        Effect.gen(function* () {
          yield* Deferred.await(begun)
          held.artifacts.delete(outputs("fickle(a)")[0]?.table.hash ?? "")
          return { value: Float64Array.of(0) }
        }),
    })
    yield* run({ drawn })
    const x = caught({ numbers: source("a"), sum: drawn })
    const late = stages.each.never({ numbers: source("a"), sum: thief(source("a")) }, { as: "late", add: 0, div: 1 })
    const z = stages.batches.always({ numbers: late, sum: drawn }, { as: "z", add: 0, div: 1 })
    const events = yield* run({ x, z }, { jobs: 2 })
    expect(only(events, "failed")).toEqual([])
    expect(draws).toBe(2)
    for (const node of ["caught(a)", "batches-always(a)"]) {
      const found = outputs(node).flatMap(({ table }) => rows(table.hash))
      expect(found.map(({ value }) => value)).toEqual(upTo(40).map(([, value]) => value + 2000))
    }
    expect(summaryOf(yield* run({ x, z }))).toMatchObject({ executed: 0 })
  }),
)
