import { homedir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { settings } from "../../../stages/sources/hub/Settings.ts"
import { sha256 } from "./hubServer.ts"
import { large, world, run } from "./hubWorld.ts"

describe("a download", () => {
  it.live("larger than is asked for is refused: before, or as soon as it shows", () =>
    run(
      Effect.gen(function* () {
        const { blobs, get, hub } = yield* world()
        const known = yield* Effect.flip(get("model.bin", { maxBytes: 1_999_999 }))
        expect(known).toMatchObject({ message: expect.stringContaining("2000000 bytes, and no more than 1999999") })
        expect(known.hint).toContain("maxBytes")
        expect(hub.requests()).toEqual(["HEAD hub"])
        yield* get("model.bin", { maxBytes: 2_000_000 })
        hub.unsize()
        const late = yield* Effect.flip(get("notes.txt", { maxBytes: 5 }))
        expect(late.message).toContain("no more than 5")
        expect(hub.requests()).toContain("GET hub")
        expect(yield* blobs).toEqual([sha256(large)])
        yield* get("notes.txt")
        expect((yield* Effect.flip(get("notes.txt", { maxBytes: 5 }))).message).toContain("no more than 5")
      }),
    ),
  )

  it.live("keeps the token at the hub", () =>
    run(
      Effect.gen(function* () {
        const { get, hub } = yield* world({ HF_TOKEN: "secret" })
        yield* get("model.bin")
        const heard = hub.heard()
        for (const { headers, server } of heard) {
          expect(headers.authorization).toBe(server === "hub" ? "Bearer secret" : undefined)
          // Packed bytes could not be counted.
          expect(headers["accept-encoding"]).toBe("identity")
        }
        expect(heard.map(({ server }) => server)).toContain("store")
        const without = yield* world()
        yield* without.get("model.bin")
        expect(without.hub.heard().every(({ headers }) => headers.authorization === undefined)).toBe(true)
      }),
    ),
  )

  it.live("that is refused says why, and what to do", () =>
    run(
      Effect.gen(function* () {
        const open = yield* world()
        const known = yield* world({ HF_TOKEN: "secret" })
        const error = Effect.fnUntraced(function* (
          { get, hub }: typeof open,
          status: number,
          headers: Readonly<Record<string, string>> = {},
          file = "model.bin",
        ) {
          hub.refuse({ status, headers })
          const { hint, message } = yield* Effect.flip(get(file))
          expect(hub.requests()).toEqual(["HEAD hub"])
          return `${message}; ${hint}`
        })
        const gated = { "X-Error-Code": "GatedRepo" }
        expect(yield* error(open, 401, gated)).toMatch(/accepted its terms.*then set HF_TOKEN/u)
        expect(yield* error(known, 403, gated)).toMatch(/accepted its terms.*the account whose token HF_TOKEN is/u)
        expect(yield* error(open, 401)).toMatch(/no repository owner\/name, or it is not public.*HF_TOKEN/u)
        expect(yield* error(known, 401)).toMatch(/does not let this token read owner\/name.*HF_TOKEN is valid/u)
        expect(yield* error(open, 404, { "X-Error-Code": "RepoNotFound" })).toContain("no repository owner/name")
        expect(yield* error(open, 429, { "Retry-After": "3600" })).toMatch(
          /no more requests.*in 3600 seconds.*HF_TOKEN/u,
        )
        expect(yield* error(open, 418)).toContain("answers 418")
        const { commit, get } = open
        const missing = yield* Effect.flip(get("none.bin"))
        expect(missing.message).toContain(`owner/name has no file none.bin at ${commit} (404, not here)`)
        const revision = "nowhere/else"
        const nowhere = yield* Effect.flip(get("model.bin", { revision }))
        expect(nowhere).toMatchObject({
          message: expect.stringContaining("no revision nowhere/else"),
          at: expect.stringContaining("/resolve/nowhere%2Felse/model.bin"),
        })
      }),
    ),
  )

  it.live("waits as long as a busy hub says, and tries again after a server's own errors", () =>
    run(
      Effect.gen(function* () {
        const { bytes, get, hub } = yield* world()
        hub.refuse({ status: 429, headers: { "Retry-After": "1" } })
        // As an address that is good no longer is refused.
        hub.spoil({ status: 500 }, { status: 403 })
        const began = performance.now()
        expect((yield* bytes(yield* get("model.bin"))).equals(large)).toBe(true)
        expect(performance.now() - began).toBeGreaterThan(990)
      }),
    ),
  )

  it.live("says that nobody answers, and that a server is no hub", () =>
    run(
      Effect.gen(function* () {
        const { get, hub } = yield* world()
        hub.refuse({ status: 200 })
        expect((yield* Effect.flip(get("model.bin", { revision: "main" }))).message).toContain("X-Repo-Commit")
        hub.goDown()
        const error = yield* Effect.flip(get("model.bin"))
        expect(error.message).toMatch(/cannot reach 127\.0\.0\.1:\d+ \(ECONNREFUSED\), 4 times in a row/u)
        const wrong = yield* world({ HF_ENDPOINT: "mirror" })
        expect((yield* Effect.flip(wrong.get("model.bin"))).message).toContain('HF_ENDPOINT is "mirror"')
      }),
    ),
  )

  it.live("is never begun offline", () =>
    run(
      Effect.gen(function* () {
        for (const HF_HUB_OFFLINE of ["1", "true"]) {
          const { commit, get, hub, place } = yield* world({ HF_HUB_OFFLINE })
          const error = yield* Effect.flip(get("model.bin"))
          expect(error.message).toContain(`HF_HUB_OFFLINE is set, and model.bin of owner/name at ${commit}`)
          expect(error).toMatchObject({ at: place.snapshot(commit, "model.bin") })
          expect(hub.requests()).toEqual([])
        }
        const online = yield* world({ HF_HUB_OFFLINE: "0" })
        yield* online.get("model.bin")
      }),
    ),
  )
})

describe("the folder of downloads", () => {
  it.effect("is where the variables of Hugging Face's tools say", () =>
    Effect.gen(function* () {
      const folder = (said: Readonly<Record<string, string>>) =>
        settings.pipe(
          Effect.map(({ folder }) => folder),
          Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(said))),
        )
      expect(yield* folder({})).toBe(join(homedir(), ".cache", "huggingface", "hub"))
      expect(yield* folder({ HF_HUB_CACHE: "" })).toBe(join(homedir(), ".cache", "huggingface", "hub"))
      expect(yield* folder({ XDG_CACHE_HOME: "/x" })).toBe("/x/huggingface/hub")
      expect(yield* folder({ XDG_CACHE_HOME: "/x", HF_HOME: "/h" })).toBe("/h/hub")
      expect(yield* folder({ HF_HOME: "/h", HF_HUB_CACHE: "/c" })).toBe("/c")
    }),
  )
})
