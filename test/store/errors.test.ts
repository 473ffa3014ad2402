/** What the store says when the system refuses. The refusals are made here, as the superuser is refused nothing. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Fs from "node:fs"
import {
  existsSync,
  type MakeDirectoryOptions,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import type * as Promises from "node:fs/promises"
import { dirname, join } from "node:path"
import { beforeEach, expect, vi } from "vitest"
import { Store } from "../../src/store/Store.ts"
import { fromCause } from "../../src/store/StoreError.ts"
import { actionOf, Features, features, folders, get, put, reporting } from "./samples.ts"

type Call = "open" | "mkdir" | "rename" | "write" | "sync" | "chmod"

// Which call is refused, and with which code.
const refusal = vi.hoisted(() => ({ call: "", code: "" }))
const refused = vi.hoisted(() => () => Object.assign(new Error(refusal.code), { code: refusal.code }))
const refuse = vi.hoisted(() => (call: string) => {
  if (refusal.call === call) throw refused()
})
beforeEach(() => {
  refusal.call = ""
})

// Small files are written by calls that do not wait, larger ones by calls that do.
vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof Fs>()
  const refusing =
    <A extends ReadonlyArray<unknown>, B>(name: Call, call: (...args: A) => B) =>
    (...args: A): B => {
      refuse(name)
      return call(...args)
    }
  return {
    ...real,
    openSync: refusing("open", real.openSync),
    writeSync: refusing("write", (descriptor: number, bytes: Uint8Array) => real.writeSync(descriptor, bytes)),
    writev: (descriptor: number, buffers: ReadonlyArray<Uint8Array>, end: (error: Error | null, n?: number) => void) =>
      refusal.call === "write" ? end(refused()) : real.writev(descriptor, buffers, end),
    fsync: (descriptor: number, end: (error: Error | null) => void) =>
      refusal.call === "sync" ? end(refused()) : real.fsync(descriptor, end),
    fchmodSync: refusing("chmod", real.fchmodSync),
    fsyncSync: refusing("sync", real.fsyncSync),
    renameSync: refusing("rename", real.renameSync),
  }
})

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof Promises>()
  return {
    ...real,
    mkdir: async (folder: string, options: MakeDirectoryOptions) => {
      refuse("mkdir")
      return real.mkdir(folder, options)
    },
    rename: async (from: string, to: string) => {
      refuse("rename")
      return real.rename(from, to)
    },
  }
})

const newFolder = folders("errors")
const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : [])

const refusing = <A, E, R>(call: Call, code: string, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => Object.assign(refusal, { call, code })),
    () => Effect.flip(effect),
    () => Effect.sync(() => Object.assign(refusal, { call: "", code: "" })),
  )

const cases: ReadonlyArray<readonly [call: Call, code: string, kind: string, said: string, hint: string]> = [
  ["write", "ENOSPC", "full", "no space is left on the disk", "free some space"],
  ["sync", "EDQUOT", "full", "the disk quota is used up", "free some space"],
  ["mkdir", "EACCES", "denied", "permission denied", "give your user the right"],
  ["rename", "EPERM", "denied", "permission denied", "--cache DIR"],
  ["mkdir", "EROFS", "denied", "the disk is read-only", "--cache DIR"],
  ["open", "EMFILE", "io", "too many files are open", "ulimit -n"],
  ["write", "EFBIG", "io", "larger than is allowed", "ulimit -f"],
  ["rename", "EXDEV", "io", "parts of the cache lie on different disks", "link the whole folder"],
  ["mkdir", "ENOTDIR", "io", "a link that leads nowhere", "is a disk not mounted?"],
  ["write", "EIO", "io", "EIO", "check the disk"],
]

const sizes = [
  ["a small file", 3],
  ["a large file", 10_000],
] as const

it.effect.each(sizes)("says what is wrong with %s and what to do, and leaves nothing half-written", ([, rows]) =>
  Effect.gen(function* () {
    // Whether a small file is durable is seen to when it is long done.
    for (const [call, code, kind, said, hint] of cases.filter(([call]) => rows > 3 || call !== "sync")) {
      const root = newFolder()
      yield* Effect.gen(function* () {
        const store = yield* Store
        const artifact = yield* refusing(call, code, put(Features, [features(rows)]))
        expect(artifact).toMatchObject({ _tag: "StoreError", kind })
        expect(artifact.message).toContain(said)
        expect(artifact.message).toContain(root)
        expect(artifact.hint).toContain(hint)
        if (call !== "sync") {
          const action = yield* refusing(call, code, store.record(actionOf("a")))
          expect(action).toMatchObject({ _tag: "StoreError", kind })
        }

        expect(list(join(root, "tmp"))).toEqual([])
        expect(yield* store.action(actionOf("a").key)).toBeUndefined()
        // It goes on as if nothing had been once there is room again.
        const output = yield* put(Features, [features(rows)])
        expect(yield* get(Features, output)).toEqual([features(rows)])
      }).pipe(Effect.provide(Store.layer(root)))
    }
  }),
)

it.effect("does not lose a stage's work over what is only remembered", () =>
  Effect.gen(function* () {
    const { memo } = yield* Store
    Object.assign(refusal, { call: "write", code: "ENOSPC" })
    yield* memo.save("name", Uint8Array.of(1))
    refusal.call = ""
    expect(yield* memo.load("name")).toBeUndefined()
  }).pipe(Effect.provide(Store.layer(newFolder()))),
)

it.effect("reads a store that cannot be written", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const output = yield* Effect.provide(put(Features, [features(3)]), Store.layer(root))
    const file = join(root, "artifacts", output.table.hash.slice(2, 4), `${output.table.hash}.arrow`)
    utimesSync(file, 5, 5)
    yield* Effect.gen(function* () {
      const store = yield* Store
      Object.assign(refusal, { call: "chmod", code: "EROFS" })
      expect(yield* store.check(output.table)).toBe("present")
      expect(statSync(file).mtimeMs).toBe(5000)
      expect(yield* get(Features, output)).toEqual([features(3)])
    }).pipe(Effect.provide(Store.layer(root)))
  }),
)

it.effect("says so where a damaged file cannot be put aside", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { key } = actionOf("a")
    const file = join(root, "actions", key.slice(2, 4), `${key}.json`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, "{}")
    yield* Effect.gen(function* () {
      const store = yield* Store
      const { reports, value } = yield* reporting(refusing("rename", "EROFS", store.action(key)))
      expect(value).toMatchObject({ kind: "denied", file })
      expect(reports).toEqual([])
    }).pipe(Effect.provide(Store.layer(root)))
  }),
)

it.effect("says so where a folder is in the way of a file", () =>
  Effect.gen(function* () {
    const root = newFolder()
    const { key } = actionOf("a")
    const file = join(root, "actions", key.slice(2, 4), `${key}.json`)
    mkdirSync(file, { recursive: true })
    const error = yield* Effect.flip(
      Effect.provide(
        Effect.flatMap(Store, (store) => store.action(key)),
        Store.layer(root),
      ),
    )
    expect(error).toMatchObject({ _tag: "StoreError", kind: "io", file })
  }),
)

it("knows a refusal by its code, whatever was thrown", () => {
  expect(fromCause({ code: "ENOSPC" }, "write", "/x").kind).toBe("full")
  expect(fromCause("odd", "write", "/x")).toMatchObject({ kind: "io", message: "cannot write /x: odd" })
  expect(fromCause(undefined, "write", "/x").kind).toBe("io")
})
