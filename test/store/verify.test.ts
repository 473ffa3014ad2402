import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { basename, dirname, join } from "node:path"
import { describe, expect } from "vitest"
import type { Output } from "../../src/store/Action.ts"
import * as Layout from "../../src/store/Layout.ts"
import { Store } from "../../src/store/Store.ts"
import * as Verify from "../../src/store/verify.ts"
import { actionOf, Features, features, folders, Manifest, manifest, put, reporting, runOf } from "./samples.ts"

const newFolder = folders("verify")

/** A store with two actions, of which one holds a companion, and the record of a run. */
const filled = Effect.gen(function* () {
  const layout = Layout.make(newFolder())
  const made = yield* Effect.gen(function* () {
    const store = yield* Store
    const one = yield* put(Features, [features(5), features(3, 2)])
    const two = yield* put(Manifest, [manifest(4)])
    const [a, b] = [actionOf("a", [one]), actionOf("b", [{ ...two, skipped: one.table }])]
    yield* store.record(a)
    yield* store.record(b)
    yield* store.saveRun(runOf("2026-11-20T09:00:00.000Z"))
    return { one, two, a, b }
  }).pipe(Effect.provide(Store.layer(layout.root)))
  return { layout, ...made }
})

const verified = (layout: Layout.Layout, concurrency = 3) =>
  Effect.gen(function* () {
    const found = yield* Stream.runCollect(Verify.verify(yield* Verify.subjects(layout), concurrency))
    return { all: found, bad: found.filter(({ problem }) => problem !== undefined) }
  })

const flip = (file: string, at: number) => {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  chmodSync(file, 0o644)
  writeFileSync(file, bytes)
  // As a disk does it: nobody has touched the file.
  chmodSync(file, 0o444)
  utimesSync(file, 1, 1)
}

it.effect("finds nothing wrong with a store that is whole, and looks into every file", () =>
  Effect.gen(function* () {
    const { layout } = yield* filled
    for (const concurrency of [1, 8]) {
      const { all, bad } = yield* verified(layout, concurrency)
      expect(bad).toEqual([])
      expect(all.map(({ of }) => of).sort()).toEqual(["action", "action", "artifact", "artifact", "artifact", "run"])
      expect(all.every(({ bytes }) => bytes > 0)).toBe(true)
    }
    expect((yield* verified(Layout.make(newFolder()))).all).toEqual([])
  }),
)

it.effect("finds every byte that has changed, though the file still carries the store's seal", () =>
  Effect.gen(function* () {
    const { layout, one } = yield* filled
    const file = layout.artifact(one.table.hash)
    for (const at of [0, 8, Math.floor(one.table.bytes / 2), one.table.bytes - 1]) {
      flip(file, at)
      const { bad } = yield* verified(layout)
      expect(bad).toEqual([
        {
          file,
          of: "artifact",
          bytes: one.table.bytes,
          problem: { kind: "damaged", reason: "its content is not what its name says" },
        },
      ])
      flip(file, at)
      expect((yield* verified(layout)).bad).toEqual([])
    }
  }),
)

describe("names the file that is at fault", () => {
  const rename = (from: string, to: string) => {
    mkdirSync(dirname(to), { recursive: true })
    renameSync(from, to)
  }
  type Filled = Effect.Success<typeof filled>
  const cases: ReadonlyArray<{
    readonly what: string
    readonly spoil: (store: Filled) => string
    readonly kind: string
    readonly reason: string
  }> = [
    {
      what: "an artifact cut short",
      spoil: ({ layout, two }) => {
        truncateSync(layout.artifact(two.table.hash), 100)
        return layout.artifact(two.table.hash)
      },
      kind: "damaged",
      reason: "its content is not what its name says",
    },
    {
      what: "an action with another's content",
      spoil: ({ a, b, layout }) => {
        rename(layout.action(a.key), layout.action(b.key))
        return layout.action(b.key)
      },
      kind: "damaged",
      reason: "it is the record of",
    },
    {
      what: "an action with a changed byte",
      spoil: ({ a, layout }) => {
        flip(layout.action(a.key), 200)
        return layout.action(a.key)
      },
      kind: "damaged",
      reason: "its content does not match its checksum",
    },
    {
      what: "an action whose companion is missing",
      spoil: ({ b, layout, two }) => {
        rmSync(layout.artifact(two.aside?.hash ?? ""))
        return layout.action(b.key)
      },
      kind: "lacking",
      reason: "is missing",
    },
    {
      what: "a record of a run",
      spoil: ({ layout }) => {
        const file = join(layout.runs, readdirSync(layout.runs)[0] ?? "")
        writeFileSync(file, "{}")
        return file
      },
      kind: "damaged",
      reason: "its content does not match its checksum",
    },
  ]
  it.effect.each(cases)("$what", ({ kind, reason, spoil }) =>
    Effect.gen(function* () {
      const store = yield* filled
      const file = spoil(store)
      const { bad } = yield* verified(store.layout)
      expect(bad).toMatchObject([{ file, problem: { kind } }])
      expect(bad[0]?.problem?.reason).toContain(reason)
    }),
  )

  it.effect("an action that lies about a size", () =>
    Effect.gen(function* () {
      const { layout, one } = yield* filled
      const lying: Output = { table: { ...one.table, bytes: one.table.bytes + 1 } }
      const action = actionOf("lie", [lying])
      yield* Effect.provide(
        Effect.flatMap(Store, (store) => store.record(action)),
        Store.layer(layout.root),
      )
      const { bad } = yield* verified(layout)
      expect(bad).toMatchObject([{ file: layout.action(action.key), problem: { kind: "damaged" } }])
    }),
  )
})

it.effect("does not mind the files that copying tools make on the way, nor others that are not the store's", () =>
  Effect.gen(function* () {
    const { a, layout, one } = yield* filled
    const artifact = layout.artifact(one.table.hash)
    const partly = readFileSync(artifact).subarray(0, 77)
    writeFileSync(join(dirname(artifact), `.${basename(artifact)}.AbCdEf`), partly)
    writeFileSync(join(dirname(artifact), `${basename(artifact)}.part`), partly)
    writeFileSync(join(layout.artifacts, "README"), "mine")
    const shelf = join(layout.actions, "zz")
    mkdirSync(shelf)
    writeFileSync(join(shelf, `${a.key}.json`), "{")
    writeFileSync(join(dirname(layout.action(a.key)), `.${a.key}.json.x7Tz2q`), "{")
    expect((yield* verified(layout)).bad).toEqual([])
  }),
)

it.effect("sets aside what is damaged, and leaves what is sound", () =>
  Effect.gen(function* () {
    const { a, b, layout, one, two } = yield* filled
    flip(layout.artifact(one.table.hash), 64)
    flip(layout.action(b.key), 64)
    const { bad } = yield* verified(layout)
    expect(bad).toHaveLength(2)
    const { reports } = yield* reporting(Effect.forEach(bad, (finding) => Verify.setAside(layout, finding)))
    expect(reports.map(({ file }) => file).sort()).toEqual(bad.map(({ file }) => file).sort())
    for (const { movedTo } of reports) expect(existsSync(movedTo)).toBe(true)
    expect(existsSync(layout.artifact(two.table.hash))).toBe(true)
    const lacking = yield* Verify.lacking(layout)
    expect(lacking.map(({ file }) => file)).toEqual([layout.action(a.key)])
    yield* reporting(Effect.forEach(lacking, (finding) => Verify.setAside(layout, finding)))
    expect((yield* verified(layout)).bad).toEqual([])
  }),
)

it.effect("takes no file for bad that another process removes meanwhile", () =>
  Effect.gen(function* () {
    const { a, layout, one } = yield* filled
    const subjects = yield* Verify.subjects(layout)
    rmSync(layout.artifact(one.table.hash))
    rmSync(layout.action(a.key))
    const found = yield* Stream.runCollect(Verify.verify(subjects, 2))
    // The other action holds the artifact, too, and lacks it now.
    expect(found.filter(({ problem }) => problem !== undefined)).toMatchObject([{ problem: { kind: "lacking" } }])
  }),
)
