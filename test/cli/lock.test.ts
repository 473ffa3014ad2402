import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Table from "../../src/arrow/Table.ts"
import type { Pipeline } from "../../src/dsl/Pipeline.ts"
import * as Stage from "../../src/dsl/Stage.ts"
import { DepartureEvent } from "../../src/run/Lock.ts"
import { desk } from "./calls.ts"

const Scores = Table.whole("scores", { model: "utf8", set: "utf8", value: "float64", rank: "int32" })
const Model = Table.whole("model", { onnx: "binary" })

const scores = (version = "1") =>
  Stage.whole("score", {
    module: import.meta,
    version,
    params: Schema.Struct({ mocov3: Schema.Finite, missing: Schema.optionalKey(Schema.Boolean) }),
    inputs: {},
    output: Scores,
    run: (_, { missing, mocov3 }) => {
      const rows = [
        { model: "dino", set: "validation", value: 0.753, rank: 1 },
        { model: "moco-v3", set: "validation", value: mocov3, rank: 2 },
        { model: "obow", set: "sketch", value: Number.NaN, rank: 0 },
      ].slice(0, missing === true ? 2 : 3)
      return Effect.succeed({
        model: rows.map((row) => row.model),
        set: rows.map((row) => row.set),
        value: Float64Array.from(rows, (row) => row.value),
        rank: Int32Array.from(rows, (row) => row.rank),
      })
    },
  })

const model = Stage.whole("fit", {
  module: import.meta,
  version: "1",
  params: Schema.Struct({ byte: Schema.Int }),
  inputs: {},
  output: Model,
  run: (_, { byte }) => Effect.succeed({ onnx: [Uint8Array.of(byte)] }),
})

const bench = Effect.gen(function* () {
  const at = yield* desk
  const of = (
    params: { readonly mocov3?: number; readonly missing?: boolean; readonly byte?: number },
    version?: string,
  ) => ({
    name: "paper",
    directory: at.folder,
    targets: {
      table: scores(version)({ mocov3: params.mocov3 ?? 0.746, ...(params.missing ? { missing: true } : {}) }),
      model: model({ byte: params.byte ?? 1 }),
    },
  })
  const call = Effect.fnUntraced(function* (pipeline: Pipeline, ...args: ReadonlyArray<string>) {
    const called = yield* at.call(pipeline, ...args)
    return { ...called, text: [...called.out, ...called.err].join("\n") }
  })
  const file = join(at.folder, "pipeline.lock.json")
  yield* call(of({}), "run")
  const locked = yield* call(of({}), "lock")
  expect(locked.code).toBe(0)
  return { at, of, call, file, locked }
})

describe("lock", () => {
  it.live("writes figures in full, a line a row, and the same text for the same results", () =>
    Effect.gen(function* () {
      const { at, call, file, locked, of } = yield* bench
      const text = readFileSync(file, "utf8")
      expect(locked.text).toContain("locked: 2 targets of 2 nodes in pipeline.lock.json")
      expect(locked.text).toContain("by their content alone, as they are large or no tables of figures: model")
      expect(text).toContain(`["moco-v3","validation",0.746,2]`)
      expect(text).toContain(`["obow","sketch","NaN",0]`)
      yield* call(of({}), "run", "--force", "*")
      yield* call(of({}), "lock")
      expect(readFileSync(file, "utf8")).toBe(text)
      expect(readdirSync(at.folder).filter((name) => name.includes(".tmp"))).toEqual([])
    }).pipe(Effect.scoped),
  )

  it.live("refuses what is not fresh", () =>
    Effect.gen(function* () {
      const { call, file, of } = yield* bench
      const before = readFileSync(file, "utf8")
      const refused = yield* call(of({ mocov3: 0.9 }), "lock")
      expect(refused.code).toBe(2)
      expect(refused.text).toContain("the target table is not fresh: there is nothing to lock")
      expect(readFileSync(file, "utf8")).toBe(before)
    }).pipe(Effect.scoped),
  )
})

describe("run --locked", () => {
  it.live("agrees where nothing has changed, and where other code gives the same figures", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      const same = yield* call(of({}), "run", "--locked")
      expect(same.code).toBe(0)
      expect(same.text).toContain("agrees with pipeline.lock.json: 2 targets, 2 equal byte by byte")
      expect(same.text).not.toContain("other key")
      const other = yield* call(of({}, "2"), "run", "--locked")
      expect(other.code).toBe(0)
      expect(other.text).toContain("1 node has another key than in pipeline.lock.json")
      expect(other.text).toContain("first score")
    }).pipe(Effect.scoped),
  )

  it.live("names each figure that differs beyond the tolerance, the locked value first", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      const { code, text } = yield* call(of({ mocov3: 0.731 }), "run", "--locked")
      expect(code).toBe(1)
      expect(text).toContain("differs from pipeline.lock.json: 1 of 2 targets")
      expect(text).toContain("✗ table differs\n    moco-v3, validation: value 0.746 → 0.731 (-0.015)")
    }).pipe(Effect.scoped),
  )

  it.live("lets pass what is within the tolerance, unless it must be exact", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      const near = of({ mocov3: 0.74601 })
      expect((yield* call(near, "run", "--locked")).text).toContain("1 within 0.0001")
      expect((yield* call(near, "run", "--locked", "--tolerance", "1e-6")).code).toBe(1)
      const exact = yield* call(near, "run", "--locked", "--exact")
      expect(exact.code).toBe(1)
      expect(exact.text).toContain("✗ table within the tolerance")
    }).pipe(Effect.scoped),
  )

  it.live("holds what has no figures to its content", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      const { code, text } = yield* call(of({ byte: 2 }), "run", "--locked")
      expect(code).toBe(1)
      expect(text).toContain("✗ model differs")
    }).pipe(Effect.scoped),
  )

  it.live("finds rows and targets that are gone or new, and targets that were not run", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      expect((yield* call(of({ missing: true }), "run", "--locked")).text).toContain("gone: obow, sketch")
      const { directory, name, targets } = of({})
      const { code, text } = yield* call({ name, directory, targets: { results: targets.table } }, "run", "--locked")
      expect(code).toBe(1)
      expect(text).toContain("✗ model is no target of this pipeline any more")
      expect(text).toContain("✗ results is not in the lock")
      const part = yield* call(of({ byte: 3 }), "run", "table", "--locked")
      expect(part.code).toBe(1)
      expect(part.text).toContain("✗ model has not been computed: run all targets")
    }).pipe(Effect.scoped),
  )

  it.live("says what is wrong with a lock, before anything runs", () =>
    Effect.gen(function* () {
      const { call, file, of } = yield* bench
      const text = readFileSync(file, "utf8")
      const wrong = Effect.fnUntraced(function* (content: string | undefined) {
        if (content === undefined) rmSync(file)
        else writeFileSync(file, content)
        const called = yield* call(of({ mocov3: 0.5 }), "run", "--locked")
        expect(called.code).toBe(2)
        expect(called.text).not.toContain("executed")
        return called.text
      })
      expect(yield* wrong(text.slice(0, 200))).toContain("is no lock file, or is damaged")
      expect(yield* wrong(text.replace(`"version": 1`, `"version": 7`))).toContain("is of version 7")
      expect(yield* wrong(text.replace(`"paper"`, `"other"`))).toContain("locks the pipeline other, and this is paper")
      expect(yield* wrong(undefined)).toContain("`pipeline lock` writes one")
    }).pipe(Effect.scoped),
  )

  it.live("tells programs too", () =>
    Effect.gen(function* () {
      const { call, of } = yield* bench
      const { code, out } = yield* call(of({ mocov3: 0.7 }), "run", "--locked", "--json")
      expect(code).toBe(1)
      const decode = Schema.decodeUnknownOption(Schema.fromJsonString(DepartureEvent))
      const found = out.flatMap((line) => {
        const event = decode(line)
        return event._tag === "Some" ? [`${event.value.target} ${event.value.verdict} ${event.value.differing}`] : []
      })
      expect(found).toEqual(["model equal 0", "table different 1"])
    }).pipe(Effect.scoped),
  )
})
