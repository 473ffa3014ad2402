/** What the store says when the system refuses. The refusals are made here, as the superuser is refused nothing. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
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

type Call = "open" | "mkdir" | "rename" | "writev" | "sync" | "chmod"

// Which call is refused, and with which code.
const refusal = vi.hoisted(() => ({ call: "", code: "" }))
beforeEach(() => {
  refusal.call = ""
})

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof Promises>()
  const refused = () => Object.assign(new Error(refusal.code), { code: refusal.code })
  const refuse = async (call: Call) => {
    if (refusal.call === call) throw refused()
  }
  const ofHandles = ["writev", "sync", "chmod"] as const
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      await refuse("open")
      const handle = await real.open(...args)
      for (const call of ofHandles) if (refusal.call === call) vi.spyOn(handle, call).mockRejectedValue(refused())
      return handle
    },
    mkdir: async (folder: string, options: MakeDirectoryOptions) => {
      await refuse("mkdir")
      return real.mkdir(folder, options)
    },
    rename: async (from: string, to: string) => {
      await refuse("rename")
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
  ["writev", "ENOSPC", "full", "no space is left on the disk", "free some space"],
  ["sync", "EDQUOT", "full", "the disk quota is used up", "free some space"],
  ["mkdir", "EACCES", "denied", "permission denied", "give your user the right"],
  ["rename", "EPERM", "denied", "permission denied", "--cache DIR"],
  ["mkdir", "EROFS", "denied", "the disk is read-only", "--cache DIR"],
  ["open", "EMFILE", "io", "too many files are open", "ulimit -n"],
  ["writev", "EFBIG", "io", "larger than is allowed", "ulimit -f"],
  ["rename", "EXDEV", "io", "parts of the cache lie on different disks", "link the whole folder"],
  ["mkdir", "ENOTDIR", "io", "a link that leads nowhere", "is a disk not mounted?"],
  ["writev", "EIO", "io", "EIO", "check the disk"],
]

it.effect("says what is wrong and what to do, and leaves nothing half-written", () =>
  Effect.gen(function* () {
    for (const [call, code, kind, said, hint] of cases) {
      const root = newFolder()
      yield* Effect.gen(function* () {
        const store = yield* Store
        const artifact = yield* refusing(call, code, put(Features, [features(3)]))
        expect(artifact).toMatchObject({ _tag: "StoreError", kind })
        expect(artifact.message).toContain(said)
        expect(artifact.message).toContain(root)
        expect(artifact.hint).toContain(hint)
        const action = yield* refusing(call, code, store.record(actionOf("a")))
        expect(action).toMatchObject({ _tag: "StoreError", kind })

        expect(list(join(root, "tmp"))).toEqual([])
        expect(yield* store.action(actionOf("a").key)).toBeUndefined()
        // It goes on as if nothing had been once there is room again.
        const output = yield* put(Features, [features(3)])
        expect(yield* get(Features, output)).toEqual([features(3)])
      }).pipe(Effect.provide(Store.layer(root)))
    }
  }),
)

it.effect("does not lose a stage's work over what is only remembered", () =>
  Effect.gen(function* () {
    const { memo } = yield* Store
    Object.assign(refusal, { call: "writev", code: "ENOSPC" })
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
