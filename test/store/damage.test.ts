/** Damaged files are found, put aside and reported; never used. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"
import type { ArtifactRef } from "../../src/store/Action.ts"
import { Store } from "../../src/store/Store.ts"
import { actionOf, Features, features, folders, get, Manifest, manifest, put, reporting } from "./samples.ts"

const newFolder = folders("damage")

const artifactOf = (root: string, { hash }: ArtifactRef) => join(root, "artifacts", hash.slice(2, 4), `${hash}.arrow`)
const recordOf = (root: string, key: string) => join(root, "actions", key.slice(2, 4), `${key}.json`)

const flip = (file: string, at: number) => {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  chmodSync(file, 0o644)
  writeFileSync(file, bytes)
}

/** As a disk does it, or someone who hides it: the seal looks unbroken. */
const sealAgain = (file: string) => {
  chmodSync(file, 0o444)
  utimesSync(file, 1, 1)
}

const sampled = (length: number, count: number) =>
  Array.from({ length: count }, (_, i) => Math.floor((i * (length - 1)) / (count - 1)))

const check = (ref: ArtifactRef) => Effect.flatMap(Store, (store) => store.check(ref))
const fresh = (root: string) => Store.layer(root)

it.effect("finds any flipped byte of an artifact when it is read for the first time", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const output = yield* Effect.provide(put(Features, [features(4), features(3, 2)]), fresh(root))
    const file = artifactOf(root, output.table)
    for (const at of sampled(output.table.bytes, 60)) {
      yield* Effect.provide(put(Features, [features(4), features(3, 2)]), fresh(root))
      flip(file, at)
      sealAgain(file)
      const { reports, value } = yield* Effect.provide(reporting(Effect.result(get(Features, output))), fresh(root))
      if (Result.isSuccess(value)) throw new Error(`byte ${at} was not noticed`)
      expect(value.failure).toMatchObject({ _tag: "StoreError", kind: "damaged", hash: output.table.hash, file })
      expect(reports).toMatchObject([{ file, reason: "its content is not what its name says" }])
      expect(readFileSync(reports[0]?.movedTo ?? "").length).toBe(output.table.bytes)
      expect(yield* Effect.provide(check(output.table), fresh(root))).toBe("absent")
    }
  }),
)

it.effect("an artifact that is made again takes the place of one that is damaged without a trace", () =>
  Effect.gen(function* () {
    // Those that fit into memory are written in one go, others as they come.
    for (const batches of [[features(4)], Array.from({ length: 40 }, () => features(100))]) {
      const root = newFolder()
      const { table } = yield* Effect.provide(put(Features, batches), fresh(root))
      const file = artifactOf(root, table)
      const bytes = readFileSync(file)
      flip(file, 300)
      sealAgain(file)
      // The process that writes takes the file for sound from then on: it reads what it wrote.
      const again = Effect.flatMap(put(Features, batches), (output) => get(Features, output))
      expect(yield* Effect.provide(again, fresh(root))).not.toEqual([])
      expect(readFileSync(file).equals(bytes)).toBe(true)
    }
  }),
)

it.effect("finds a file that was touched as soon as it is looked at", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const damages = [
      (file: string) => flip(file, 100),
      (file: string) => truncateSync(file, 50),
      (file: string) => appendFileSync(file, "x"),
      (file: string) => writeFileSync(file, ""),
      // Of another size, though the seal looks unbroken.
      (file: string) => {
        truncateSync(file, 50)
        sealAgain(file)
      },
    ]
    for (const damage of damages) {
      const { table } = yield* Effect.provide(put(Features, [features(4)]), fresh(root))
      const file = artifactOf(root, table)
      damage(file)
      const { reports, value } = yield* Effect.provide(reporting(check(table)), fresh(root))
      expect(value).toBe("damaged")
      expect(reports.map((report) => report.file)).toEqual([file])
      expect(reports[0]?.movedTo.startsWith(join(root, "aside"))).toBe(true)
      expect(yield* Effect.provide(check(table), fresh(root))).toBe("absent")
    }
    expect(readdirSync(join(root, "aside"))).toHaveLength(damages.length)
  }),
)

it.effect("seals a file again that was touched but is sound", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { table } = yield* Effect.provide(put(Features, [features(4)]), fresh(root))
    const file = artifactOf(root, table)
    chmodSync(file, 0o644)
    utimesSync(file, new Date(), new Date())
    const { reports, value } = yield* Effect.provide(reporting(check(table)), fresh(root))
    expect(value).toBe("present")
    expect(reports).toEqual([])
    expect(statSync(file).mtimeMs).toBe(1000)
    expect(statSync(file).mode & 0o777).toBe(0o444)
  }),
)

it.effect("notices what happens to a file after it was read", () =>
  Effect.gen(function* () {
    const root = newFolder()
    yield* Effect.gen(function* () {
      const output = yield* put(Features, [features(4)])
      expect(yield* get(Features, output)).toEqual([features(4)])
      const file = artifactOf(root, output.table)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))
      flip(file, 300)
      sealAgain(file)
      const { value } = yield* reporting(Effect.flip(get(Features, output)))
      expect(value).toMatchObject({ kind: "damaged", hash: output.table.hash })
    }).pipe(Effect.provide(fresh(root)))
  }),
)

it.effect("finds damage in the columns aside, and names that file", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const output = yield* Effect.provide(put(Manifest, [manifest(4)]), fresh(root))
    const aside = output.aside ?? output.table
    flip(artifactOf(root, aside), 200)
    const { value } = yield* Effect.provide(reporting(Effect.flip(get(Manifest, output))), fresh(root))
    expect(value).toMatchObject({ kind: "damaged", hash: aside.hash })
    expect(yield* Effect.provide(check(output.table), fresh(root))).toBe("present")
  }),
)

it.effect("writes again what was damaged", () =>
  Effect.gen(function* () {
    const root = newFolder()
    yield* Effect.gen(function* () {
      const output = yield* put(Features, [features(4)])
      flip(artifactOf(root, output.table), 100)
      // Written over at once, without anyone having looked at it first.
      expect(yield* put(Features, [features(4)])).toEqual(output)
      const { reports, value } = yield* reporting(get(Features, output))
      expect(value).toEqual([features(4)])
      expect(reports).toEqual([])
    }).pipe(Effect.provide(fresh(root)))
  }),
)

it.effect("does not mix tables whose columns and companion do not belong together", () =>
  Effect.gen(function* () {
    const root = newFolder()
    yield* Effect.gen(function* () {
      const [four, three] = [yield* put(Manifest, [manifest(4)]), yield* put(Manifest, [manifest(3)])]
      const mixed = { table: four.table, aside: three.aside ?? three.table }
      const error = yield* Effect.flip(get(Manifest, mixed))
      expect(error).toMatchObject({ kind: "io" })
      expect(error.message).toContain("has fewer rows than the table it belongs to")
      expect(yield* Effect.flip(get(Manifest, { table: four.table }))).toMatchObject({ kind: "io" })
      expect((yield* Effect.flip(get(Features, { table: four.table }))).message).toContain("no such column")
    }).pipe(Effect.provide(fresh(root)))
  }),
)

const actionAt = (root: string, key: string) =>
  Effect.provide(reporting(Effect.flatMap(Store, (store) => store.action(key))), fresh(root))
const record = (root: string, name: string) => {
  const action = actionOf(name)
  return Effect.provide(
    Effect.flatMap(Store, (store) => Effect.as(store.record(action), action)),
    fresh(root),
  )
}

it.effect("finds any flipped byte of an action", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { key } = actionOf("a")
    const file = recordOf(root, key)
    yield* record(root, "a")
    for (const at of Array.from({ length: readFileSync(file).length }, (_, i) => i)) {
      yield* record(root, "a")
      flip(file, at)
      const { reports, value } = yield* actionAt(root, key)
      expect(value).toBeUndefined()
      expect(reports).toMatchObject([{ file, reason: "its content does not match its checksum" }])
    }
    expect(yield* actionAt(root, key)).toEqual({ value: undefined, reports: [] })
  }),
)

it.effect("finds an action that is cut short, empty or noise", () =>
  Effect.gen(function* () {
    const root = newFolder()
    for (const content of ["", "{", "{}", "null", '{"check":"', "\0".repeat(4096), "x".repeat(4096)]) {
      const { key } = yield* record(root, "a")
      writeFileSync(recordOf(root, key), content)
      const { reports, value } = yield* actionAt(root, key)
      expect(value).toBeUndefined()
      expect(reports).toHaveLength(1)
    }
  }),
)

it.effect("does not take one action for another", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const [a, b] = [yield* record(root, "a"), actionOf("b")]
    mkdirSync(dirname(recordOf(root, b.key)), { recursive: true })
    renameSync(recordOf(root, a.key), recordOf(root, b.key))
    const { reports, value } = yield* actionAt(root, b.key)
    expect(value).toBeUndefined()
    expect(reports[0]?.reason).toBe(`it is the record of ${a.key}`)
  }),
)

it.effect("does not use an action of another version", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { key } = yield* record(root, "a")
    const body = JSON.stringify({ key, node: "a", answer: 42 })
    writeFileSync(recordOf(root, key), `{"check":"${Hash.ofText(body)}",\n"body":${body}}\n`)
    const { reports, value } = yield* actionAt(root, key)
    expect(value).toBeUndefined()
    expect(reports[0]?.reason).toBe("it was written by another version")
  }),
)

it.effect("goes on where another process has put the file aside already", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { table } = yield* Effect.provide(put(Features, [features(4)]), fresh(root))
    flip(artifactOf(root, table), 9)
    const both = Effect.all([Effect.provide(check(table), fresh(root)), Effect.provide(check(table), fresh(root))], {
      concurrency: 2,
    })
    const { reports, value } = yield* reporting(both)
    expect(value).toContain("damaged")
    expect(value).not.toContain("present")
    expect(reports).toHaveLength(1)
  }),
)

it.effect("skips a damaged run", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const runs = join(root, "runs")
    mkdirSync(runs, { recursive: true })
    writeFileSync(join(runs, "2026-11-20T10-00-00.000Z-1.json"), "{}")
    writeFileSync(join(runs, "notes.txt"), "mine")
    const last = Effect.flatMap(Store, (store) => store.lastRuns(3))
    const { reports, value } = yield* Effect.provide(reporting(last), fresh(root))
    expect(value).toEqual([])
    expect(reports).toHaveLength(1)
    expect(readdirSync(runs)).toEqual(["notes.txt"])
    rmSync(root, { recursive: true })
  }),
)
