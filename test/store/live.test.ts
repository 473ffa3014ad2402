import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"
import * as Layout from "../../src/store/Layout.ts"
import * as Live from "../../src/store/Live.ts"
import { Store } from "../../src/store/Store.ts"
import { actionOf, features, Features, folders, get, put } from "./samples.ts"

const newFolder = folders("live")
/** Whether something comes to hold: files are written by a fiber of its own. */
const eventually = (holds: () => boolean) =>
  Effect.promise(async () => {
    for (let i = 0; i < 300 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
    return holds()
  })

const names = (layout: Layout.Layout) => (existsSync(layout.live) ? readdirSync(layout.live) : [])

it.effect(
  "a process says that it writes from its first write on, with what it found, and no longer when it is done",
  () =>
    Effect.gen(function* () {
      const layout = Layout.make(newFolder())
      const found = actionOf("found")
      yield* Effect.provide(
        Effect.flatMap(Store, (store) => store.record(found)),
        Store.layer(layout.root),
      )
      expect(names(layout)).toEqual([])
      yield* Effect.gen(function* () {
        const store = yield* Store
        yield* store.action(found.key)
        yield* store.action(actionOf("not there").key)
        expect(names(layout)).toEqual([])
        yield* put(Features, [features(2)])
        yield* put(Features, [features(3)])
        expect(names(layout)).toHaveLength(1)
        const [live, ...others] = yield* Live.all(layout, Date.now())
        expect(others).toEqual([])
        expect(live).toMatchObject({ pid: process.pid, keys: [found.key] })
        expect(Math.abs(Date.now() - (live?.since ?? 0))).toBeLessThan(5000)

        yield* store.record(actionOf("more"))
        yield* store.action(actionOf("more").key)
        yield* TestClock.adjust("31 seconds")
        const file = join(layout.live, names(layout)[0] ?? "")
        expect(yield* eventually(() => readFileSync(file, "utf8").includes(actionOf("more").key))).toBe(true)
      }).pipe(Effect.provide(Store.layer(layout.root)))
      expect(names(layout)).toEqual([])
    }),
)

it.effect("who only reads says nothing and writes nothing", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    const output = yield* Effect.provide(put(Features, [features(2)]), Store.layer(layout.root))
    yield* Effect.gen(function* () {
      const store = yield* Store
      yield* store.check(output.table)
      yield* get(Features, output)
      expect(names(layout)).toEqual([])
    }).pipe(Effect.provide(Store.layer(layout.root)))
  }),
)

it.effect("began at the earliest time that the files' clock has shown, whichever way the clock was set since", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const layout = Layout.make(newFolder())
      yield* Live.announce(layout, new Set([Hash.ofText("k")]))
      const file = join(layout.live, names(layout)[0] ?? "")
      const since = Effect.map(Live.all(layout, Date.now()), ([live]) => live?.since ?? 0)
      const began = yield* since
      yield* TestClock.adjust("31 seconds")
      expect(yield* eventually(() => readFileSync(file, "utf8").includes("since"))).toBe(true)
      const hour = 3600
      const at = began / 1000
      utimesSync(file, at + hour, at + hour)
      expect(yield* since).toBe(began)
      utimesSync(file, at - hour, at - hour)
      expect(yield* since).toBeCloseTo(began - hour * 1000, -1)
    }),
  ),
)

it.effect("dead processes do not count, and are swept away", () =>
  Effect.gen(function* () {
    const layout = Layout.make(newFolder())
    const ours = yield* Effect.scoped(
      Effect.andThen(
        Live.announce(layout, new Set()),
        Effect.sync(() => names(layout)[0] ?? ""),
      ),
    )
    const [, host = "", rest = ""] = /^\d+(-[0-9a-f]{8})(-.*)$/.exec(ours) ?? []
    const dead = spawnSync(process.execPath, ["-e", "process.stdout.write(String(process.pid))"]).stdout.toString()
    const elsewhere = `-${host[1] === "0" ? "1" : "0"}${host.slice(2)}`
    const files = {
      dead: `${dead}${host}${rest}`,
      living: `${process.ppid}${host}${rest}`,
      elsewhere: `${dead}${elsewhere}${rest}`,
      silent: `1${elsewhere}${rest}`,
      unknown: "notes.txt",
    }
    mkdirSync(layout.live, { recursive: true })
    // What cannot be read is believed as far as its name goes.
    for (const name of Object.values(files)) writeFileSync(join(layout.live, name), "half")
    utimesSync(join(layout.live, files.silent), 1e9, 1e9)
    const pids = (yield* Live.all(layout, Date.now())).map(({ pid }) => pid).sort()
    expect(pids).toEqual([process.ppid, Number(dead)].sort())
    yield* Live.sweep(layout)
    expect(new Set(names(layout))).toEqual(new Set([files.living, files.elsewhere, files.unknown]))
  }),
)
