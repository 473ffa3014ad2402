import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { spawnSync } from "node:child_process"
import { expect } from "vitest"
import * as Hash from "../../src/hash/Hash.ts"
import { memoLayer } from "../../src/run/memoLayer.ts"
import { Memo } from "../../src/dsl/Services.ts"
import { Store } from "../../src/store/Store.ts"
import { contract } from "./contract.ts"
import { actionOf, Features, features, folders, Manifest, manifest, put } from "./samples.ts"

contract("a store of files", Store.layer)

const newFolder = folders("files")
const list = (folder: string) => (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [])

it.effect("makes nothing before there is something to keep", () =>
  Effect.gen(function* () {
    const root = newFolder()
    yield* Effect.provide(
      Effect.flatMap(Store, (store) => store.action(Hash.ofText("k"))),
      Store.layer(root),
    )
    expect(existsSync(root)).toBe(false)
  }),
)

it.effect("lays files out by the digits of their hashes, artifacts sealed", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { table } = yield* Effect.provide(put(Features, [features(3)]), Store.layer(root))
    const file = join(root, "artifacts", table.hash.slice(2, 4), `${table.hash}.arrow`)
    const stats = statSync(file)
    expect(stats.size).toBe(table.bytes)
    expect(stats.mode & 0o777).toBe(0o444)
    expect(stats.mtimeMs).toBe(1000)
    expect(Hash.ofBytes(readFileSync(file))).toBe(table.hash)

    const action = actionOf("a", [{ table }])
    yield* Effect.provide(
      Effect.flatMap(Store, (store) => store.record(action)),
      Store.layer(root),
    )
    const record = join(root, "actions", action.key.slice(2, 4), `${action.key}.json`)
    expect(JSON.parse(readFileSync(record, "utf8"))).toMatchObject({ body: { node: "extract(a)" } })
    expect(list(join(root, "tmp"))).toEqual([])
  }),
)

it.effect("keeps the shard's own columns in one file, those aside in another", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const output = yield* Effect.provide(put(Manifest, [manifest(3)]), Store.layer(root))
    const text = (hash: string | undefined) =>
      readFileSync(join(root, "artifacts", `${hash?.slice(2, 4)}`, `${hash}.arrow`), "latin1")
    expect(text(output.table.hash)).not.toContain("/data/")
    expect(text(output.aside?.hash)).toContain("/data/")
    expect(output.aside?.rows).toBe(3)
  }),
)

// Of so many rows, no file is small enough to be written in one go.
const many = 10_000

it.effect("removes what a writer leaves unfinished", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const during = yield* Effect.gen(function* () {
      const writer = yield* Effect.flatMap(Store, (store) => store.writer(Manifest))
      yield* writer.append(manifest(many))
      return list(join(root, "tmp"))
    }).pipe(Effect.scoped, Effect.provide(Store.layer(root)))
    expect(during).toHaveLength(2)
    expect(list(join(root, "tmp"))).toEqual([])
    expect(list(join(root, "artifacts"))).toEqual([])
  }),
)

it.effect("removes what dead processes of this host left, and nothing else", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const tmp = join(root, "tmp")
    const [ours = ""] = yield* Effect.gen(function* () {
      const writer = yield* Effect.flatMap(Store, (store) => store.writer(Features))
      yield* writer.append(features(many))
      return list(tmp)
    }).pipe(Effect.scoped, Effect.provide(Store.layer(root)))
    expect(ours).toMatch(new RegExp(`^${process.pid}-`))

    const dead = spawnSync(process.execPath, ["-e", "process.stdout.write(String(process.pid))"]).stdout.toString()
    const rest = ours.slice(ours.indexOf("-"))
    const elsewhere = `-${rest[1] === "0" ? "1" : "0"}${rest.slice(2)}`
    const names = {
      dead: `${dead}${rest}`,
      living: `${process.ppid}${rest}`,
      elsewhere: `${dead}${elsewhere}`,
      ours: `${process.pid}${rest}`,
      formerly: `${process.pid}${rest}0`,
      unknown: "notes.txt",
    }
    mkdirSync(tmp, { recursive: true })
    for (const name of Object.values(names)) writeFileSync(join(tmp, name), "half")
    // A file from before this process began was left by another of the same number.
    utimesSync(join(tmp, names.formerly), 1_000_000, 1_000_000)

    yield* Effect.provide(
      Effect.map(Store, (store) => store.root),
      Store.layer(root),
    )
    expect(new Set(list(tmp))).toEqual(new Set([names.living, names.elsewhere, names.ours, names.unknown]))
  }),
)

it.effect("serves stages as their memory", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const remember = Effect.flatMap(Memo, (memo) => memo.save("n", Uint8Array.of(7)))
    yield* remember.pipe(Effect.provide(memoLayer), Effect.provide(Store.layer(root)))
    const recall = Effect.flatMap(Memo, (memo) => memo.load("n"))
    const bytes = yield* recall.pipe(Effect.provide(memoLayer), Effect.provide(Store.layer(root)))
    expect([...(bytes ?? [])]).toEqual([7])

    const [file = ""] = list(join(root, "memo"))
    const damaged = readFileSync(join(root, "memo", file))
    damaged[damaged.length - 1] = 8
    writeFileSync(join(root, "memo", file), damaged)
    expect(yield* recall.pipe(Effect.provide(memoLayer), Effect.provide(Store.layer(root)))).toBeUndefined()
  }),
)
