import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { make } from "../../../src/report/picture/Picture.ts"
import * as Hub from "../../../src/report/ui/Hub.ts"
import type { Message } from "../../../src/report/ui/Message.ts"
import { lottery } from "../plans.ts"
import { blocked, cached, failed, finished, planned, progress, started, summary } from "./events.ts"

const about = lottery.nodes.map((_, at) => ({
  kind: { table: "t", rowWise: true },
  figures: at === 2 ? { seconds: 10, rows: 1_024, bytes: 8_000 } : {},
}))
const picture = make(lottery, about)
const hubOf = (memory = () => 100) => Hub.make(picture, memory)

/** What a message says of a node. */
const nodeOf = ({ nodes }: Message, name: string) => nodes.find(([at]) => picture.nodes[at]?.name === name)?.[1]

describe("what is told of a run", () => {
  it.effect("follows each node from state to state, with what it came to", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const now = (name: string) => Effect.map(hub.since(0), (message) => nodeOf(message, name))
      yield* hub.follower(planned)
      expect(yield* now("extract(hog, val)")).toBeUndefined()
      yield* hub.follower(started("extract(hog, val)", 1))
      expect(yield* now("extract(hog, val)")).toMatchObject({
        mark: "running",
        reason: "param crop 48 -> 56",
        shards: { total: 4, fresh: 1 },
      })
      yield* hub.follower(progress("extract(hog, val)", 1_024))
      expect(yield* now("extract(hog, val)")).toMatchObject({ mark: "running", reason: "1,024 of 4,096 rows" })
      yield* hub.follower(finished("extract(hog, val)", { cached: 1 }))
      // The shard that was in the store counts, too.
      expect(yield* now("extract(hog, val)")).toEqual({
        mark: "fresh",
        reason: "",
        figures: { seconds: 11.25, rows: 5_120, bytes: 41_000 },
        shards: { total: 4, fresh: 4 },
      })
      yield* hub.follower(finished("decode(val)", { bytes: 0 }))
      expect(yield* now("decode(val)")).toMatchObject({ mark: "streamed", figures: { seconds: 1.25 } })
      yield* hub.follower(failed("extract(pca, val)"))
      yield* hub.follower(blocked("score(pca, val)", "extract(pca, val)"))
      expect(yield* now("extract(pca, val)")).toMatchObject({ mark: "failed", reason: "the model gives NaN" })
      expect(yield* now("score(pca, val)")).toMatchObject({ mark: "blocked", reason: "extract(pca, val) failed" })
      yield* hub.follower(cached("score(hog, val)"))
      expect(yield* now("score(hog, val)")).toMatchObject({ mark: "fresh" })
      const { log, troubles } = yield* hub.since(0)
      expect(troubles).toEqual([
        {
          node: "extract(pca, val)",
          message: "the model gives NaN",
          file: "/models/pca.onnx",
          hint: "export it again",
        },
      ])
      expect(log.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
        "plain: 7 nodes: 2 fresh, 2 stale, 3 waiting",
        "plain: extract(hog, val) started: param crop 48 -> 56",
        "good: extract(hog, val) finished in 1.3 s, 4,096 rows, 33 kB",
        "good: decode(val) finished in 1.3 s",
        "bad: extract(pca, val) failed: the model gives NaN",
        "bad: score(pca, val) is not run: extract(pca, val) failed",
      ])
    }),
  )

  it.effect("says only what is new since a revision, and all of it to who starts from nothing", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      yield* hub.follower(started("extract(hog, val)"))
      const first = yield* hub.since(0)
      yield* hub.follower(started("extract(pca, val)"))
      const second = yield* hub.since(first.revision)
      expect([first, second].map(({ nodes }) => nodes.map(([at]) => picture.nodes[at]?.name))).toEqual([
        ["extract(hog, val)"],
        ["extract(pca, val)"],
      ])
      expect(second.log.map(({ text }) => text)).toEqual(["extract(pca, val) started: param crop 48 -> 56"])
      const all = yield* hub.since(0)
      expect([all.nodes.length, all.log.length]).toEqual([2, 2])
      const none = yield* hub.since(all.revision)
      expect([none.nodes, none.log, none.troubles]).toEqual([[], [], []])
    }),
  )

  it.effect("measures memory every second, in room that does not grow", () =>
    Effect.gen(function* () {
      let bytes = 0
      const hub = yield* hubOf(() => ++bytes)
      yield* TestClock.adjust("2 hours")
      const { memory } = yield* hub.since(0)
      expect(memory?.now).toBe(bytes)
      expect(memory?.most).toBe(bytes)
      expect(bytes).toBeGreaterThan(7_000)
      expect(memory?.course.length).toBeLessThan(250)
      expect(memory?.course[0]).toBe(1)
    }),
  )
})

describe("who watches", () => {
  it.effect("hears how a run goes on, and the end as the last thing", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      yield* hub.follower(started("extract(hog, val)"))
      const heard: Array<Message> = []
      const watcher = yield* Stream.runForEach(hub.watch(0), (message) => Effect.sync(() => heard.push(message))).pipe(
        Effect.forkChild,
      )
      yield* TestClock.adjust("1 second")
      expect(nodeOf(heard[0] ?? (yield* hub.since(0)), "extract(hog, val)")?.mark).toBe("running")
      yield* hub.follower(finished("extract(hog, val)"))
      yield* hub.follower(summary())
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(watcher)
      expect(heard.at(-1)?.over).toBe("over in 1:02: 3 nodes executed, 2 cached")
      expect(heard.filter(({ over }) => over !== undefined)).toHaveLength(1)
      const marks = heard.flatMap(({ nodes }) => nodes.map(([, { mark }]) => mark))
      expect(marks).toEqual(["running", "fresh"])
    }),
  )

  it.effect("and is slow gets what it missed in one message, of bounded size", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const sizes: Array<number> = []
      const watcher = yield* Stream.runForEach(hub.watch(0), (message) =>
        Effect.andThen(
          Effect.sync(() => sizes.push(JSON.stringify(message).length)),
          Effect.sleep("1 hour"),
        ),
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("1 second")
      for (let round = 0; round < 20_000; round++) {
        yield* hub.follower(started("extract(hog, val)"))
        yield* hub.follower(progress("extract(hog, val)", round))
        yield* hub.follower(finished("extract(hog, val)"))
      }
      yield* TestClock.adjust("1 hour")
      expect(sizes).toHaveLength(2)
      expect(sizes[1]).toBeLessThan(100_000)
      yield* Fiber.interrupt(watcher)
    }),
  )

  it.effect("goes on where the connection broke, and starts anew with a revision from elsewhere", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      yield* hub.follower(started("extract(hog, val)"))
      const { revision } = yield* hub.since(0)
      yield* hub.follower(started("extract(pca, val)"))
      const first = (from: number) => Effect.map(Stream.runCollect(Stream.take(hub.watch(from), 1)), (all) => all[0])
      expect((yield* first(revision))?.log).toHaveLength(1)
      expect((yield* first(1_000_000))?.log).toHaveLength(2)
    }),
  )

  it.effect("hears of a run that is broken off, and nobody waits for who has left", () =>
    Effect.gen(function* () {
      const hub = yield* hubOf()
      const watcher = yield* Effect.forkChild(Stream.runCollect(hub.watch(0)))
      const gone = yield* Effect.forkChild(Stream.runDrain(hub.watch(0)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(gone)
      const closing = yield* Effect.forkChild(hub.close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      const heard = yield* Fiber.join(watcher)
      expect(heard.at(-1)?.over).toBe("stopped before its end")
    }),
  )
})
