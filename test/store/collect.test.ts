/** What is collected and what stays. Stores are written by hand here: collecting looks at names, sizes and times. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Schema from "effect/Schema"
import { expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"
import type { Action, ArtifactRef } from "../../src/store/Action.ts"
import * as Actions from "../../src/store/Actions.ts"
import * as Inventory from "../../src/store/Inventory.ts"
import * as Layout from "../../src/store/Layout.ts"
import * as Live from "../../src/store/Live.ts"
import { type Limits, mark, type Wanted } from "../../src/store/mark.ts"
import * as Runs from "../../src/store/Runs.ts"
import { Store } from "../../src/store/Store.ts"
import { sweep } from "../../src/store/sweep.ts"
import { actionOf, Features, features, folders, put, runOf } from "./samples.ts"

const newFolder = folders("collect")
const hour = 3_600_000
const day = 24 * hour
/** An hour from now: what the tests write is old enough then. */
const soon = () => Date.now() + hour

const limits = (given: Partial<Limits> = {}): Limits => ({ now: soon(), grace: 60_000, runs: 20, ...given })
const nothing: Wanted = { keys: new Set(), spare: new Set() }
const wanting = (...actions: ReadonlyArray<Action>): Wanted => ({
  keys: new Set(actions.map(({ key }) => key)),
  spare: new Set(["pixels"]),
})

const writeAt = (file: string, content: string | Uint8Array) => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

/** A store in which each artifact is a file of some bytes. Actions are given an age in days. */
const byHand = () => {
  const layout = Layout.make(newFolder())
  return {
    layout,
    artifact: (name: string, bytes: number): ArtifactRef => {
      const content = Buffer.alloc(bytes, name)
      const ref = { hash: Hash.ofBytes(content), rows: 1, bytes }
      writeAt(layout.artifact(ref.hash), content)
      return ref
    },
    action: (name: string, days: number, refs: ReadonlyArray<ArtifactRef>, stage = "extract"): Action => {
      const plain = actionOf(
        name,
        refs.map((table) => ({ table })),
      )
      const action = { ...plain, parts: { ...plain.parts, stage } }
      const file = layout.action(action.key)
      writeAt(file, Actions.encode(action))
      const time = (soon() - days * day) / 1000
      utimesSync(file, time, time)
      return action
    },
  }
}

const left = (layout: Layout.Layout) =>
  Effect.gen(function* () {
    const keys = (yield* Inventory.actions(layout)).map(({ name }) => name)
    return {
      keys: new Set(keys),
      artifacts: new Set((yield* Inventory.artifacts(layout)).map(({ name }) => name)),
    }
  })

const collect = (layout: Layout.Layout, wanted: Wanted, given: Partial<Limits> = {}) =>
  Effect.gen(function* () {
    const marked = yield* mark(layout, wanted, limits(given))
    const removed = yield* sweep(layout, marked, given.now ?? soon())
    return { marked, removed, ...(yield* left(layout)) }
  })

it.effect("removes what nobody wants, and keeps an artifact as long as one action holds it", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const [own, shared, orphan] = [artifact("own", 10), artifact("shared", 20), artifact("orphan", 30)]
    const kept = action("kept", 90, [shared])
    action("gone", 1, [own, shared])
    const { artifacts, keys, marked, removed } = yield* collect(layout, wanting(kept))
    expect(keys).toEqual(new Set([kept.key]))
    expect(artifacts).toEqual(new Set([shared.hash]))
    expect(removed).toEqual(marked.doomed)
    const bytes = (stage: string | undefined) =>
      removed.filter((one) => one.stage === stage).map(({ kind, stored }) => `${kind} ${stored.bytes}`)
    expect(bytes("extract")).toEqual([expect.stringMatching(/^action \d+$/), "artifact 10"])
    expect(bytes(undefined)).toEqual([`artifact ${orphan.bytes}`])
    expect((yield* collect(layout, wanting(kept))).removed).toEqual([])
  }),
)

it.effect("changes nothing while it only looks", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    action("gone", 1, [artifact("own", 10)])
    const before = readdirSync(layout.root, { recursive: true })
    expect((yield* mark(layout, nothing, limits())).doomed).toHaveLength(2)
    expect(readdirSync(layout.root, { recursive: true })).toEqual(before)
  }),
)

it.effect("with an age, removes only what is older", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const old = action("old", 31, [artifact("a", 10)])
    const young = action("young", 29, [artifact("b", 10)])
    const wanted = action("wanted", 99, [artifact("c", 10)])
    const { keys } = yield* collect(layout, wanting(wanted), { olderThan: 30 * day })
    expect(keys).toEqual(new Set([young.key, wanted.key]))
    expect(existsSync(layout.artifact(old.outputs[0]?.table.hash ?? ""))).toBe(false)
  }),
)

it.effect("with a size, removes pixels first, then the oldest, and never what is wanted", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const size = 100_000
    const make = (name: string, days: number, stage?: string) => action(name, days, [artifact(name, size)], stage)
    const names = new Map<string, string>()
    const named = (name: string, days: number, stage?: string) => {
      const made = make(name, days, stage)
      names.set(made.key, name)
      return made
    }
    const wanted = named("wanted", 99)
    const wantedPixels = named("wanted pixels", 50, "pixels")
    named("pixels", 2, "pixels")
    named("older pixels", 3, "pixels")
    named("older", 40)
    named("newer", 5)
    const after = (maxBytes: number) =>
      Effect.map(mark(layout, wanting(wanted, wantedPixels), limits({ maxBytes })), ({ bytes, doomed }) => {
        const freed = doomed.reduce((sum, { stored }) => sum + stored.bytes, 0)
        if (doomed.length > 0 && maxBytes > 1.1 * size) expect(bytes - freed).toBeLessThanOrEqual(maxBytes)
        return doomed.flatMap(({ kind, stored }) => (kind === "action" ? (names.get(stored.name) ?? []) : []))
      })
    const order = ["older pixels", "pixels", "wanted pixels", "older", "newer"]
    for (let n = 0; n <= order.length; n++) {
      expect(yield* after(Math.round((6.1 - n) * size))).toEqual(order.slice(0, n))
    }
    expect(yield* after(0)).toEqual(order)
  }),
)

it.effect("keeps wanted pixels where no size is asked for", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const pixels = action("p", 400, [artifact("p", 10)], "pixels")
    const { keys } = yield* collect(layout, wanting(pixels), { olderThan: day })
    expect(keys).toEqual(new Set([pixels.key]))
  }),
)

it.effect("keeps what has just come to be here, and what seems to come from the future", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const old = action("a", 100, [artifact("a", 10)])
    const ahead = action("b", 0, [artifact("b", 10)])
    utimesSync(layout.action(ahead.key), 4e9, 4e9)
    const now = Date.now()
    const young = yield* mark(layout, nothing, limits({ now }))
    expect(young).toMatchObject({ doomed: [], young: 2 })
    // The clock was set back by a day: all is young then.
    expect((yield* mark(layout, nothing, limits({ now: now - day }))).doomed).toEqual([])
    const { keys } = yield* collect(layout, nothing)
    expect(keys).toEqual(new Set([ahead.key]))
    expect(existsSync(layout.action(old.key))).toBe(false)
  }),
)

it.effect("keeps what live processes count on, and all that has come since they began", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const [used, other] = [action("used", 100, [artifact("a", 10)]), action("other", 100, [artifact("b", 10)])]
    // Times of files advance in steps of some milliseconds.
    yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 30)))
    const { during, later } = yield* Effect.scoped(
      Effect.gen(function* () {
        yield* Live.announce(layout, new Set([used.key]))
        const later = action("later", 100, [artifact("c", 10)])
        return { later, during: yield* collect(layout, nothing, { grace: 0 }) }
      }),
    )
    expect(during.keys).toEqual(new Set([used.key, later.key]))
    expect(existsSync(layout.action(other.key))).toBe(false)
    const after = yield* collect(layout, nothing, { grace: 0 })
    expect(after.keys).toEqual(new Set())
    expect(after.artifacts).toEqual(new Set())
  }),
)

it.effect("keeps what a process comes to need between looking and removing", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const layout = Layout.make(root)
    yield* Effect.gen(function* () {
      const store = yield* Store
      const made = Effect.fnUntraced(function* (name: string, rows: number) {
        const output = yield* put(Features, [features(rows)])
        yield* store.record(actionOf(name, [output]))
        return output
      })
      const one = yield* made("one", 1)
      const two = yield* made("two", 2)
      const three = yield* made("three", 3)
      const four = yield* made("four", 4)
      yield* made("five", 5)
      rmSync(layout.live, { recursive: true })
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 30)))
      const marked = yield* mark(layout, nothing, limits())
      expect(marked.doomed).toHaveLength(10)

      // The same content comes from elsewhere; an action is computed again; a process says what it counts on.
      yield* store.record(actionOf("other", [yield* put(Features, [features(1)])]))
      yield* store.record(actionOf("two", [two]))
      yield* Live.announce(layout, new Set([actionOf("three").key]))
      // Written again, but not recorded yet.
      expect(yield* put(Features, [features(4)])).toEqual(four)
      yield* sweep(layout, marked, soon())
      const { artifacts, keys } = yield* left(layout)
      expect(keys).toEqual(new Set(["other", "two", "three"].map((name) => actionOf(name).key)))
      expect(artifacts).toEqual(new Set([one, two, three, four].map(({ table }) => table.hash)))
    }).pipe(Effect.provide(Store.layer(root)), Effect.scoped)
  }),
)

const Drawn = Schema.Struct({
  artifacts: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5000 }))).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(12),
  ),
  actions: Schema.Array(
    Schema.Struct({
      refs: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))).check(Schema.isMaxLength(4)),
      days: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 90 })),
      pixels: Schema.Boolean,
      wanted: Schema.Boolean,
    }),
  ).check(Schema.isMaxLength(15)),
  olderThan: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 90 }))),
  maxBytes: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40_000 }))),
  crash: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
})

it.effect.prop(
  "whatever there is and wherever it is broken off, what is wanted stays and no action is without its artifact",
  { drawn: Drawn },
  ({ drawn }) =>
    Effect.gen(function* () {
      const { action, artifact, layout } = byHand()
      const artifacts = drawn.artifacts.map((bytes, i) => artifact(`${i} `, bytes))
      const actions = drawn.actions.map(({ days, pixels, refs }, i) =>
        action(
          `action ${i}`,
          days,
          refs.flatMap((at) => artifacts[at % artifacts.length] ?? []),
          pixels ? "pixels" : "extract",
        ),
      )
      const wanted = wanting(...actions.filter((_, i) => drawn.actions[i]?.wanted === true))
      const given = {
        ...(drawn.olderThan === null ? {} : { olderThan: drawn.olderThan * day }),
        ...(drawn.maxBytes === null ? {} : { maxBytes: drawn.maxBytes }),
      }
      const marked = yield* mark(layout, wanted, limits(given))
      const must = actions.filter(
        ({ key, parts }) => wanted.keys.has(key) && (drawn.maxBytes === null || parts.stage !== "pixels"),
      )
      const sound = Effect.gen(function* () {
        const { artifacts: there, keys } = yield* left(layout)
        for (const { key } of must) expect(keys.has(key)).toBe(true)
        for (const { key, outputs } of actions) {
          if (keys.has(key)) for (const { table } of outputs) expect(there.has(table.hash)).toBe(true)
        }
      })

      // Broken off after some files: actions go before artifacts.
      const files = marked.doomed.toSorted((a, b) => Number(a.kind !== "action") - Number(b.kind !== "action"))
      const some = Math.floor((files.length * drawn.crash) / 100)
      for (const { stored } of files.slice(0, some)) rmSync(stored.file)
      yield* sound
      const again = yield* mark(layout, wanted, limits(given))
      yield* sweep(layout, again, soon())
      yield* sound

      const freed = marked.doomed.reduce((sum, { stored }) => sum + stored.bytes, 0)
      if (drawn.maxBytes !== null && marked.bytes - freed > drawn.maxBytes) {
        const { keys } = yield* left(layout)
        expect(keys).toEqual(new Set(must.map(({ key }) => key)))
      }
      if (drawn.maxBytes === null && drawn.olderThan === null) {
        const { artifacts: there, keys } = yield* left(layout)
        expect(keys).toEqual(new Set(must.map(({ key }) => key)))
        expect(there).toEqual(new Set(must.flatMap(({ outputs }) => outputs.map(({ table }) => table.hash))))
      }
    }),
  { arbitrary: { runs: 60 } },
)

it.effect("removes actions before artifacts", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    for (let i = 0; i < 30; i++) action(`a${i}`, 1, [artifact(`${i} `, 10)])
    const marked = yield* mark(layout, nothing, limits())
    const removed = yield* sweep(layout, marked, soon())
    const kinds = removed.map(({ kind }) => kind)
    expect(kinds).toHaveLength(60)
    expect(kinds.lastIndexOf("action")).toBeLessThan(kinds.indexOf("artifact"))
  }),
)

it.effect("removes what was set aside, memos and records of runs by their age, the last runs never", () =>
  Effect.gen(function* () {
    const { layout } = byHand()
    const old = (file: string, content: string | Uint8Array, days: number) => {
      writeAt(file, content)
      const time = (soon() - days * day) / 1000
      utimesSync(file, time, time)
      return file
    }
    const record = (started: string, pipeline: string) =>
      old(join(layout.runs, `${started.slice(0, 10)}-1.json`), Runs.encode(runOf(started, [], pipeline)), 100)
    const runs = ["2026-01-01", "2026-01-02", "2026-01-03"].map((date) => record(`${date}T00:00:00.000Z`, "a"))
    const other = record("2025-01-01T00:00:00.000Z", "b")
    const memos = [old(layout.memo(Hash.ofText("old")), "m", 181), old(layout.memo(Hash.ofText("new")), "m", 100)]
    const aside = old(join(layout.aside, "x1.arrow"), "broken", 0)
    const here = (files: ReadonlyArray<string>) => files.map((file) => existsSync(file))

    yield* collect(layout, nothing, { runs: 2 })
    expect(here([...runs, other])).toEqual([false, true, true, true])
    expect(here(memos)).toEqual([false, true])
    expect(existsSync(aside)).toBe(true)
    yield* collect(layout, nothing, { runs: 2, now: soon() + 31 * day })
    expect(existsSync(aside)).toBe(false)
    expect(here([...runs, other])).toEqual([false, true, true, true])
  }),
)

it.effect("goes on where another process has removed a file already", () =>
  Effect.gen(function* () {
    const { action, artifact, layout } = byHand()
    const { key } = action("gone", 1, [artifact("own", 10)])
    const marked = yield* mark(layout, nothing, limits())
    rmSync(layout.action(key))
    expect((yield* sweep(layout, marked, soon())).map(({ kind }) => kind)).toEqual(["artifact"])
  }),
)
