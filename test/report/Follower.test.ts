import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Follower from "../../src/report/Follower.ts"
import type { Event } from "../../src/run/Event.ts"
import { screen } from "./screens.ts"

const nodes = (n: number, stage = "extract") =>
  Array.from({ length: n }, (_, at) => ({ node: `${stage}(${at})`, stage }))
const planned = (n: number): Event => ({
  event: "planned",
  nodes: n,
  fresh: 0,
  stale: n,
  waiting: 0,
  stages: [{ stage: "extract", nodes: n, fresh: 0, shards: n, rowWise: false }],
})
const summary = (executed: number, cached: number): Event => ({
  event: "summary",
  nodes: executed + cached,
  executed,
  cached,
  failed: 0,
  blocked: 0,
  shards: { executed, cached },
  seconds: 1,
})
const one = { executed: 1, cached: 0 }
const start = (node: { node: string; stage: string }): Event => ({
  event: "started",
  ...node,
  reason: "new",
  shards: one,
})
const finish = (node: { node: string; stage: string }): Event => ({
  event: "finished",
  ...node,
  rows: 64,
  bytes: 10,
  skippedRows: 0,
  seconds: 1,
  shards: one,
  changed: true,
})

describe("json", () => {
  it.effect("writes each event as a line that reads back as the same event", () =>
    Effect.gen(function* () {
      const out = screen()
      const events: ReadonlyArray<Event> = [
        planned(1),
        ...nodes(1).flatMap((node) => [start(node), finish(node)]),
        { event: "warned", message: "line\nbreak", file: "a b.arrow" },
      ]
      for (const event of events) yield* Follower.json(out)(event)
      const read = Schema.decodeUnknownSync(Schema.fromJsonString(Follower.Line))
      expect(out.lines().map((line) => read(line))).toEqual(events)
    }),
  )

  it.effect("ends with the summary in the form that is promised", () =>
    Effect.gen(function* () {
      const out = screen()
      yield* Follower.json(out)(summary(3, 4))
      expect(out.text()).toBe(
        '{"event":"summary","nodes":7,"executed":3,"cached":4,"failed":0,"shards":{"executed":3,"cached":4},"seconds":1}\n',
      )
    }),
  )
})

describe("plain lines", () => {
  it.effect("come now and then, not for each of many nodes, and the last one is complete", () =>
    Effect.gen(function* () {
      const out = screen()
      const follower = yield* Follower.plain(out)
      yield* follower(planned(1_000))
      for (const node of nodes(1_000)) {
        yield* follower(start(node))
        yield* TestClock.adjust("20 millis")
        yield* follower(finish(node))
      }
      yield* follower(summary(1_000, 0))
      // 20 seconds: one at once, one every five seconds, one at the end.
      expect(out.lines()).toHaveLength(5)
      expect(out.lines()[0]).toBe("extract  1/1,000 nodes  eta 0:20")
      expect(out.lines().at(-1)).toBe("extract  1,000/1,000 nodes  in 20 s")
    }),
  )

  it.effect("say that a stage is done at once, and at the end what was not said yet", () =>
    Effect.gen(function* () {
      const out = screen()
      const follower = yield* Follower.plain(out)
      const [a, b, c] = [...nodes(2), ...nodes(1, "score")]
      if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes")
      yield* follower(planned(2))
      for (const event of [start(a), start(b), finish(a), finish(b), start(c), finish(c), summary(3, 0)])
        yield* follower(event)
      expect(out.lines()).toEqual(["extract  1/2 nodes", "extract  2/2 nodes  in 0 ms", "score  1/1 nodes  in 0 ms"])
    }),
  )

  it.effect("say nothing where nothing is done", () =>
    Effect.gen(function* () {
      const out = screen()
      const follower = yield* Follower.plain(out)
      for (const node of nodes(3)) yield* follower({ event: "cached", ...node, shards: 1 })
      yield* follower(summary(0, 3))
      expect(out.text()).toBe("")
    }),
  )

  it.effect("pass warnings on, with the file", () =>
    Effect.gen(function* () {
      const out = screen()
      const follower = yield* Follower.plain(out)
      yield* follower({ event: "warned", message: "set aside a damaged artifact", file: "cache/x.arrow" })
      expect(out.lines()).toEqual(["warning: set aside a damaged artifact (cache/x.arrow)"])
    }),
  )
})

describe("the live view", () => {
  it.effect("is drawn again while time goes on, and once more at the end", () =>
    Effect.gen(function* () {
      const out = screen({ terminal: true })
      const scope = yield* Scope.make()
      const follower = yield* Follower.live(out).pipe(Scope.provide(scope))
      yield* follower(planned(2))
      yield* TestClock.adjust("1 second")
      expect(out.text()).toBe("")
      const [a] = nodes(1)
      if (a === undefined) throw new Error("a node")
      yield* follower(start(a))
      yield* TestClock.adjust("1 second")
      // Nothing has changed, so nothing is drawn again.
      expect(out.text().split("extract")).toHaveLength(2)
      for (let done = 1; done <= 50; done++) {
        yield* follower({ event: "progress", ...a, done, total: 50, unit: "epochs" })
        yield* TestClock.adjust("20 millis")
      }
      expect(out.text().split("extract").length).toBeGreaterThanOrEqual(10)
      expect(out.text().split("extract").length).toBeLessThanOrEqual(13)
      yield* follower(finish(a))
      yield* Scope.close(scope, Exit.void)
      expect(out.text().endsWith("›  extract  1/2 nodes  eta 0:02\n\u001b[J")).toBe(true)
    }),
  )

  it.effect("draws nothing where nothing is done", () =>
    Effect.gen(function* () {
      const out = screen({ terminal: true })
      yield* Effect.gen(function* () {
        const follower = yield* Follower.live(out)
        for (const node of nodes(3)) yield* follower({ event: "cached", ...node, shards: 1 })
        yield* TestClock.adjust("1 second")
        yield* follower(summary(0, 3))
      }).pipe(Effect.scoped)
      expect(out.text()).toBe("")
    }),
  )
})
