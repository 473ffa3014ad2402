import { rename, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { located, shortName } from "../../../stages/sources/paths.ts"
import { stampFile } from "../../../stages/sources/stamp.ts"
import { services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"

describe("stampFile", () => {
  it.effect("stays the same as long as the file does, read or not", () =>
    Effect.gen(function* () {
      const file = join(yield* folderWith({ "a.txt": "one" }), "a.txt")
      expect(yield* stampFile(file)).toBe(yield* stampFile(file))
    }),
  )

  it.effect("changes when the file is written again, even with as many bytes and at once", () =>
    Effect.gen(function* () {
      const file = join(yield* folderWith({ "a.txt": "one" }), "a.txt")
      const before = yield* stampFile(file)
      yield* Effect.promise(() => writeFile(file, "two"))
      expect(yield* stampFile(file)).not.toBe(before)
    }),
  )

  it.effect("changes when the file is written again and its time set back", () =>
    Effect.gen(function* () {
      const file = join(yield* folderWith({ "a.txt": "one" }), "a.txt")
      yield* Effect.promise(() => utimes(file, 1000, 1000))
      const before = yield* stampFile(file)
      yield* Effect.promise(() => writeFile(file, "two").then(() => utimes(file, 1000, 1000)))
      expect(yield* stampFile(file)).not.toBe(before)
    }),
  )

  it.effect("changes when another file takes its place with the same size and time", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.txt": "one", "b.txt": "two" })
      const [file, other] = [join(folder, "a.txt"), join(folder, "b.txt")]
      yield* Effect.promise(() => Promise.all([utimes(file, 1000, 1000), utimes(other, 1000, 1000)]))
      const before = yield* stampFile(file)
      yield* Effect.promise(() => rename(other, file))
      expect(yield* stampFile(file)).not.toBe(before)
    }),
  )

  it.effect("a missing file and a folder are errors that name it", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({})
      const missing = yield* Effect.flip(stampFile(join(folder, "a.txt")))
      expect(missing).toMatchObject({ _tag: "StageError", message: "no such file", file: join(folder, "a.txt") })
      expect(yield* Effect.flip(stampFile(folder))).toMatchObject({
        message: expect.stringMatching(/folder/u),
        file: folder,
      })
    }),
  )
})

describe("paths in params", () => {
  it.effect("start at the pipeline's folder, unless they are absolute", () =>
    Effect.gen(function* () {
      const find = (file: string) => Effect.provide(located(file), services({ directory: "/data/lottery" }))
      expect(yield* find("sets/val.csv")).toBe("/data/lottery/sets/val.csv")
      expect(yield* find("../val.csv")).toBe("/data/val.csv")
      expect(yield* find("/other/val.csv")).toBe("/other/val.csv")
    }),
  )

  it("a file's short name has no folders and no ending", () => {
    expect(["real.json", "a/b.c/val.tar.gz", ".hidden", "plain"].map(shortName)).toEqual([
      "real",
      "val.tar",
      ".hidden",
      "plain",
    ])
  })
})
