import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import type { Node } from "../../src/dsl/Node.ts"
import type { Pipeline } from "../../src/dsl/Pipeline.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { Checked } from "../../src/run/Checked.ts"
import { desk } from "./calls.ts"

const Rows = Table.rows("rows", { id: "utf8", value: "float32Tensor" })
const Model = Table.whole("model", { onnx: "binary", loss: "float32s" }, { aside: ["loss"] })
const Result = Table.whole("result", { name: "utf8", value: "float64", rank: "int32" })

/** What lies outside of every key: what a stage must not look at, but can. */
const world = () => ({ drift: 0, gone: 0, broken: false, runs: 0 })

const stages = (outside: ReturnType<typeof world>) => {
  const shared = { module: import.meta, version: "1", params: Schema.Struct({}) }
  const source = Stage.whole("source", {
    ...shared,
    inputs: {},
    output: Rows,
    run: () => {
      const ids = Array.from({ length: 6 - outside.gone }, (_, i) => `r${i}`)
      return Effect.succeed({ id: ids, value: { shape: [2], data: Float32Array.from(ids.flatMap((_, i) => [i, 1])) } })
    },
  })
  const double = Stage.rows("double", {
    ...shared,
    inputs: { rows: Rows },
    output: Rows,
    over: "rows",
    open: (_) =>
      Effect.succeed(({ id, value }) =>
        Effect.gen(function* () {
          outside.runs++
          if (outside.broken) return yield* new StageError({ message: "the lens is broken" })
          const data = value.data.map((v, i) => v * 2 + (i === 3 ? outside.drift : 0))
          return { id, value: { shape: [2], data } }
        }),
      ),
  })
  const streamed = Stage.rows("streamed", {
    ...shared,
    inputs: { rows: Rows },
    output: Rows,
    over: "rows",
    persist: "never",
    open: (_) => Effect.succeed((batch) => Effect.succeed(batch)),
  })
  const model = Stage.whole("fit", {
    ...shared,
    inputs: { rows: Rows },
    output: Model,
    run: Effect.fnUntraced(function* () {
      const g = Graph.make("linear")
      const weights = g.constant(Tensor.float32([2, 2], [1, 2, 3, 4 + outside.drift]))
      g.output("y", g.op("MatMul", [g.input("x", "float32", ["n", 2]), weights]), "float32", ["n", 2])
      return { onnx: [yield* g.bytes], loss: [Float32Array.of(outside.runs)] }
    }),
  })
  const result = Stage.whole("result", {
    ...shared,
    inputs: { rows: Rows },
    output: Result,
    run: () =>
      Effect.succeed({
        name: ["a", "b"],
        value: Float64Array.of(0.5, 0.25 + outside.drift),
        rank: Int32Array.of(1, 2),
      }),
  })
  return { source, double, streamed, model, result }
}

const bench = Effect.gen(function* () {
  const outside = world()
  const { double, model, result, source, streamed } = stages(outside)
  const rows = double(streamed(source({})))
  const targets: Readonly<Record<string, Node>> = { rows, model: model(rows), result: result(rows) }
  const at = yield* desk
  const pipeline: Pipeline = { name: "toy", targets, directory: at.folder }
  const contents = () =>
    ["artifacts", "actions"].flatMap((part) =>
      readdirSync(join(at.cache, part), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name)).toString("latin1")}`),
    )
  expect((yield* at.call(pipeline, "run")).code).toBe(0)
  const before = contents()
  return {
    outside,
    check: Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
      const called = yield* at.call(pipeline, "check", ...args)
      // Whatever came of it: the store is as it was, and nothing is left beside it.
      expect(contents()).toEqual(before)
      expect(existsSync(join(at.cache, "tmp")) ? readdirSync(join(at.cache, "tmp")) : []).toEqual([])
      return { ...called, text: [...called.out, ...called.err].join("\n") }
    }),
    pipeline,
    at,
  }
})

describe("check", () => {
  it.live("computes again what gives the same bytes", () =>
    Effect.gen(function* () {
      const { check, outside } = yield* bench
      const before = outside.runs
      const { code, text } = yield* check()
      expect(code).toBe(0)
      expect(outside.runs).toBeGreaterThan(before)
      expect(text).toContain("✓ double: equal byte by byte")
      expect(text).toContain("agrees with the cache: 3 nodes, 3 units")
    }).pipe(Effect.scoped),
  )

  it.live("finds a stage that depends on what is not in its key, and says which rows and by how much", () =>
    Effect.gen(function* () {
      const { check, outside } = yield* bench
      outside.drift = 0.5
      const { code, text } = yield* check("rows", "result")
      expect(code).toBe(1)
      expect(text).toContain("✗ double: 1 of 6 rows differ\n    r1: value[1] 2 → 2.5 (0.5)")
      expect(text).toContain("✗ result: 1 of 2 rows differ\n    b: value 0.25 → 0.75 (0.5)")
      expect(text).toContain("2 of 2 units differ")
    }).pipe(Effect.scoped),
  )

  it.live("tells a difference within the tolerance from one beyond it, weights of a model too", () =>
    Effect.gen(function* () {
      const { check, outside } = yield* bench
      outside.drift = 1e-5
      const near = yield* check()
      expect(near.code).toBe(0)
      expect(near.text).toContain("≈ fit: within the tolerance: numbers differ by up to")
      expect(near.text).toContain("3 within the tolerance")
      const strict = yield* check("--tolerance", "1e-9", "fit*")
      expect(strict.code).toBe(1)
      expect(strict.text).toContain("0: onnx")
    }).pipe(Effect.scoped),
  )

  it.live("does not count what is aside from the content", () =>
    Effect.gen(function* () {
      const { check, outside } = yield* bench
      outside.runs = 70
      const { code, text } = yield* check("model")
      expect(code).toBe(0)
      expect(text).toContain("equal byte by byte; its course or places differ")
    }).pipe(Effect.scoped),
  )

  it.live("names rows that are gone, and stages that fail", () =>
    Effect.gen(function* () {
      const { check, outside } = yield* bench
      outside.gone = 2
      const fewer = yield* check("source")
      expect(fewer.code).toBe(1)
      expect(fewer.text).toContain("2 rows gone (r4, r5)")
      outside.broken = true
      const failed = yield* check("rows")
      expect(failed.code).toBe(1)
      expect(failed.text).toContain("cannot be computed again: the lens is broken")
    }).pipe(Effect.scoped),
  )

  it.live("draws shards of everything, the same ones for the same seed", () =>
    Effect.gen(function* () {
      const { check } = yield* bench
      const drawn = Effect.fnUntraced(function* (seed: number) {
        const { code, out } = yield* check("--samples", "2", "--seed", String(seed), "--json")
        expect(code).toBe(0)
        const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Checked))
        return out.filter((line) => line !== "").map((line) => decode(line).node)
      })
      expect(yield* drawn(1)).toEqual(yield* drawn(1))
      expect(yield* drawn(1)).toHaveLength(2)
      const all = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], drawn)
      expect(new Set(all.flat())).toEqual(new Set(["source", "double", "fit", "result"]))
    }).pipe(Effect.scoped),
  )

  it.live("says what cannot be checked, and why", () =>
    Effect.gen(function* () {
      const { at, check, pipeline } = yield* bench
      const streamed = yield* check("streamed*")
      expect(streamed.code).toBe(2)
      expect(streamed.text).toContain("is streamed: nothing of it is written that could be compared")
      const elsewhere = yield* at.typed({ cache: join(at.folder, "empty") }, pipeline, ["check", "rows"])
      expect(elsewhere.code).toBe(2)
      expect(elsewhere.err.join("\n")).toContain("is not fresh")
    }).pipe(Effect.scoped),
  )
})
