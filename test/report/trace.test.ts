import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { follower } from "../../src/report/trace.ts"
import type { Event } from "../../src/run/Event.ts"

const Entries = Schema.Array(
  Schema.Struct({
    ph: Schema.Literals(["X", "M"]),
    name: Schema.String,
    pid: Schema.Int,
    tid: Schema.Int,
    ts: Schema.optionalKey(Schema.Finite),
    dur: Schema.optionalKey(Schema.Finite),
    cat: Schema.optionalKey(Schema.String),
    args: Schema.Record(Schema.String, Schema.Json),
  }),
)
const parse = Schema.decodeUnknownSync(Schema.fromJsonString(Entries))

const shards = { executed: 2, cached: 1 }
const start = (node: string, stage: string): Event => ({ event: "started", node, stage, reason: "forced", shards })
const finish = (node: string, stage: string): Event => ({
  event: "finished",
  node,
  stage,
  rows: 64,
  bytes: 10,
  skippedRows: 0,
  seconds: 1,
  shards,
  changed: true,
})

const inFolder = <A, E>(use: (file: string) => Effect.Effect<A, E, FileSystem.FileSystem>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/trace.json`
    yield* use(file)
    return parse(yield* fs.readFileString(file))
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("the trace", () => {
  it.effect("has a span for each node, in lanes of its stage that do not overlap", () =>
    Effect.gen(function* () {
      const entries = yield* inFolder((file) =>
        Effect.gen(function* () {
          const follow = yield* follower(file)
          const steps: ReadonlyArray<Event> = [
            start("extract(a)", "extract"),
            start("extract(b)", "extract"),
            finish("extract(a)", "extract"),
            start("extract(c)", "extract"),
            start("score(a)", "score"),
            { event: "failed", node: "extract(b)", stage: "extract", message: "no" },
            finish("extract(c)", "extract"),
            finish("score(a)", "score"),
          ]
          for (const step of steps) {
            yield* follow(step)
            yield* TestClock.adjust("10 millis")
          }
        }).pipe(Effect.scoped),
      )
      const lanes = entries.filter(({ ph }) => ph === "M").map(({ args, tid }) => [tid, args["name"]])
      expect(lanes).toEqual([
        [1, "extract"],
        [2, "extract"],
        [3, "score"],
      ])
      const spans = entries.filter(({ ph }) => ph === "X").map(({ dur, name, tid, ts }) => [name, tid, ts, dur])
      expect(spans).toEqual([
        ["extract(a)", 1, 0, 20_000],
        ["extract(b)", 2, 10_000, 40_000],
        ["extract(c)", 1, 30_000, 30_000],
        ["score(a)", 3, 40_000, 30_000],
      ])
      expect(entries.find(({ name }) => name === "extract(b)")?.args).toEqual({ reason: "forced", failed: "no" })
    }),
  )

  it.effect("is sound JSON also when the run is interrupted, with what was at work then", () =>
    Effect.gen(function* () {
      const entries = yield* inFolder((file) =>
        Effect.gen(function* () {
          const begun = yield* Deferred.make<void>()
          const fiber = yield* Effect.gen(function* () {
            const follow = yield* follower(file)
            yield* follow(start("extract(a)", "extract"))
            yield* Deferred.succeed(begun, undefined)
            return yield* Effect.never
          }).pipe(Effect.scoped, Effect.forkChild)
          yield* Deferred.await(begun)
          yield* TestClock.adjust("5 millis")
          yield* Fiber.interrupt(fiber)
          expect(Exit.isFailure(yield* Fiber.await(fiber))).toBe(true)
        }),
      )
      expect(entries.at(-1)).toMatchObject({ name: "extract(a)", dur: 5_000, args: { interrupted: true } })
    }),
  )

  it.effect("is an empty array where nothing ran", () =>
    Effect.gen(function* () {
      expect(yield* inFolder((file) => Effect.scoped(Effect.asVoid(follower(file))))).toEqual([])
    }),
  )

  it.effect("says so at once where the file cannot be written", () =>
    Effect.gen(function* () {
      const exit = yield* follower("/nonexistent-folder/trace.json").pipe(
        Effect.scoped,
        Effect.exit,
        Effect.provide(NodeFileSystem.layer),
      )
      expect(Exit.isFailure(exit)).toBe(true)
    }),
  )
})
