import { mkdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { host } from "../../../src/store/process.ts"
import { incomplete, sha256, until } from "./hubServer.ts"
import { large, text, patient, world, run, ranges } from "./hubWorld.ts"

describe("a download", () => {
  it.live("lies where Hugging Face's tools look for it, and is not made twice", () =>
    run(
      Effect.gen(function* () {
        const { blobs, bytes, commit, get, hub, place, reported } = yield* world()
        const path = yield* get("model.bin")
        expect(path).toBe(join(place.root, "snapshots", commit, "model.bin"))
        expect((yield* bytes(path)).equals(large)).toBe(true)
        expect((yield* bytes(yield* get("notes.txt"))).toString()).toBe(text)
        expect(yield* blobs).toEqual(expect.arrayContaining([sha256(large)]))
        expect(yield* blobs).toHaveLength(2)
        expect(reported).toEqual(expect.arrayContaining(["1/2 MB model.bin", "2/2 MB model.bin"]))
        expect(hub.requests()).toEqual(["HEAD hub", "GET hub", "GET store", "HEAD hub", "GET hub"])
        yield* get("model.bin")
        expect(hub.requests()).toEqual([])
      }),
    ),
  )

  it.live("is not made where another commit has the same content", () =>
    run(
      Effect.gen(function* () {
        const { bytes, files, get, hub } = yield* world()
        yield* get("model.bin")
        const revision = hub.commit({ ...files, "other.txt": "more" })
        hub.requests()
        expect((yield* bytes(yield* get("model.bin", { revision }))).equals(large)).toBe(true)
        expect(hub.requests()).toEqual(["HEAD hub"])
      }),
    ),
  )

  it.live("goes on where the connection broke, as often as it takes", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub } = yield* world()
        hub.spoil({ breakAfter: 300_000 }, { breakAfter: 200_000 })
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        const asked = hub.heard().filter(({ server }) => server === "store")
        expect(ranges(asked)).toEqual([undefined, "bytes=300000-", "bytes=500000-"])
        expect(asked[1]?.headers["if-range"]).toMatch(/^"store-/u)
      }),
    ),
  )

  it.live("tries more often as long as more arrives, and not for ever", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub, blobs } = yield* world()
        const breaks = (count: number, breakAfter: number) => Array.from({ length: count }, () => ({ breakAfter }))
        hub.spoil(...breaks(3, 1), { breakAfter: 1_100_000 }, ...breaks(2, 1))
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        hub.requests()
        const again = yield* world()
        again.hub.spoil(...breaks(9, 10))
        const error = yield* Effect.flip(again.get("model.bin"))
        expect(error.message).toContain("4 times in a row")
        expect(error.hint).toContain("what has arrived is kept")
        expect(again.hub.requests().filter((request) => request === "GET store")).toHaveLength(4)
        expect(yield* again.blobs).toEqual([expect.stringMatching(/^[0-9a-f]{64}\..*\.free\.incomplete$/u)])
        expect(yield* blobs).toEqual([sha256(large)])
      }),
    ),
  )

  it.live("that a process left behind is ended by the next", () =>
    run(
      Effect.gen(function* () {
        const { blobs, bytes, folder, get, hub, place } = yield* world()
        const blob = (name: string) => join(place.root, "blobs", name)
        hub.spoil({ stallAfter: 700_000 })
        const first = yield* Effect.forkChild(get("model.bin"))
        yield* until(() => incomplete(folder) >= 700_000)
        yield* Fiber.interrupt(first)
        const [left = ""] = yield* blobs
        const content = yield* bytes(blob(left))
        const own = host()
        // That process was killed; it lives, but has done nothing for an hour; it was on another machine.
        for (const [writer, hours] of [
          [`999999999-${own}-a`, 0],
          [`${process.pid}-${own}-a`, 1],
          ["1-00000000-a", 1],
        ] as const) {
          yield* Effect.promise(() => rm(place.root, { recursive: true }))
          const name = blob(left.replace(".free.", `.${writer}.`))
          yield* Effect.promise(() => mkdir(join(place.root, "blobs"), { recursive: true }))
          yield* Effect.promise(() => writeFile(name, content))
          const then = Date.now() / 1000 - 3600 * hours
          yield* Effect.promise(() => utimes(name, then, then))
          hub.requests()
          expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
          expect(ranges(hub.heard()).at(-1)).toBe("bytes=700000-")
          expect(yield* blobs).toEqual([sha256(large)])
        }
      }),
    ),
  )

  it.live("waits for one that is under way in place of making it twice", () =>
    run(
      Effect.gen(function* () {
        const { bytes, folder, get, hub } = yield* world()
        hub.spoil({ breakAfter: 400_000 })
        // Many, so that some look for it at the moment when it is ended.
        const all = Array.from({ length: 32 }, () => get("model.bin"))
        const paths = yield* Effect.all(all, { concurrency: "unbounded" })
        for (const path of paths) expect((yield* bytes(path)).equals(large)).toBe(true)
        const requests = hub.heard().filter(({ method, server }) => method === "GET" && server === "store")
        expect(ranges(requests)).toEqual([undefined, "bytes=400000-"])
        expect(incomplete(folder)).toBe(0)
      }),
    ),
  )

  it.live("begins anew where a server sends all again, or knows the content under another name", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub } = yield* world()
        hub.spoil({ breakAfter: 600_000 }, { wholly: true })
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        const again = yield* world()
        again.hub.spoil({ breakAfter: 600_000, after: again.hub.renameContents })
        expect((yield* again.bytes(yield* again.get("model.bin"))).equals(large)).toBe(true)
        const asked = again.hub.heard().filter(({ server }) => server === "store")
        expect(ranges(asked)).toEqual([undefined, "bytes=600000-"])
      }),
    ),
  )

  it.live("begins anew where a server does not vouch for each byte", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub } = yield* world()
        hub.spoil({ breakAfter: 600_000, headers: { ETag: 'W/"weak"' } })
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        expect(ranges(hub.heard().filter(({ server }) => server === "store"))).toEqual([undefined, undefined])
        hub.spoil({ instead: Buffer.from("others"), headers: { ETag: '"of others"' } })
        expect((yield* bytes(yield* get("notes.txt"))).toString()).toBe(text)
      }),
    ),
  )

  it.live("begins anew where the file is another by now", () =>
    run(
      Effect.gen(function* () {
        const { blobs, bytes, get, hub } = yield* world()
        const [before, after] = ["before ".repeat(50_000), "afterwards ".repeat(60_000)]
        hub.commit({ "notes.txt": before }, "moving")
        hub.spoil({ breakAfter: 100_000, after: () => void hub.commit({ "notes.txt": after }, "moving") })
        expect((yield* bytes(yield* get("notes.txt", { revision: "moving" }))).toString()).toBe(after)
        expect((yield* blobs).filter((name) => !name.endsWith(".incomplete"))).toHaveLength(1)
      }),
    ),
  )

  it.live("begins anew where more has arrived than the server has", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub } = yield* world()
        // All of it, but not the end of the message.
        hub.unsize()
        hub.spoil({ breakAfter: text.length })
        expect((yield* bytes(yield* get("notes.txt"))).toString()).toBe(text)
        expect(ranges(hub.heard())).toEqual([undefined, `bytes=${text.length}-`, undefined])
      }),
    ),
  )

  it.live("of a server that falls silent is tried again, then given up", () =>
    run(
      Effect.gen(function* () {
        const { blobs, bytes, get, hub } = yield* world()
        hub.spoil({ stallAfter: 500_000 })
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        const again = yield* world()
        again.hub.spoil(...Array.from({ length: 4 }, () => ({ stallAfter: 10 })))
        const error = yield* Effect.flip(again.get("model.bin"))
        expect(error.message).toMatch(/127\.0\.0\.1:\d+ sends nothing more, 4 times in a row/u)
        expect(yield* blobs).toEqual([sha256(large)])
      }),
      { ...patient, silence: "300 millis" },
    ),
  )

  it.live("with another hash than the hub's or one's own names both, and leaves nothing", () =>
    run(
      Effect.gen(function* () {
        const { blobs, get, hub, place, commit } = yield* world()
        const other = large.with(1_000_000, 1)
        hub.spoil({ instead: other })
        const damaged = yield* Effect.flip(get("model.bin"))
        expect(damaged.message).toContain(sha256(other))
        expect(damaged.message).toContain(`the hub says ${sha256(large)}`)
        expect(yield* blobs).toEqual([])
        // Where the hub says so beforehand, nothing is fetched.
        hub.requests()
        const wanted = sha256("another")
        const mistaken = yield* Effect.flip(get("model.bin", { sha256: wanted }))
        expect(mistaken.message).toContain(`${sha256(large)}, and the pipeline says ${wanted}`)
        expect(hub.requests()).toEqual(["HEAD hub"])
        const small = yield* Effect.flip(get("notes.txt", { sha256: wanted }))
        expect(small.message).toContain(`${sha256(text)}, and the pipeline says ${wanted}`)
        expect(yield* blobs).toEqual([])
        expect(yield* Effect.promise(() => stat(place.snapshot(commit, "notes.txt")).then(Boolean, () => false))).toBe(
          false,
        )
        yield* get("notes.txt", { sha256: sha256(text) })
        yield* get("model.bin", { sha256: sha256(large) })
        expect(yield* Effect.flip(get("notes.txt", { sha256: wanted }))).toMatchObject({ message: small.message })
      }),
    ),
  )

  it.live("that went on from damaged bytes is made anew", () =>
    run(
      Effect.gen(function* () {
        const { blobs, bytes, get, hub, place } = yield* world()
        hub.spoil(...Array.from({ length: 4 }, () => ({ breakAfter: 100_000 })))
        yield* Effect.flip(get("model.bin"))
        const [left = ""] = yield* blobs
        const path = join(place.root, "blobs", left)
        const { size } = yield* Effect.promise(() => stat(path))
        yield* Effect.promise(() => writeFile(path, Buffer.alloc(size)))
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        expect(yield* blobs).toEqual([sha256(large)])
      }),
    ),
  )

  it.live("that the disk has damaged is made anew", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub, place } = yield* world()
        yield* get("model.bin")
        yield* Effect.promise(() => truncate(place.blob(sha256(large)), 1_000_000))
        hub.requests()
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        expect(hub.requests()).toContain("GET store")
      }),
    ),
  )
})
