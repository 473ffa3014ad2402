import { chmod, copyFile, mkdir, rename, utimes, writeFile } from "node:fs/promises"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { contentStamp } from "../../../stages/sources/contentStamp.ts"
import { services } from "../../harness.ts"

it.live("the stamp of a content stays with the content, not with the file", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const file = `${folder}/weights.pth`
    const change = (act: () => Promise<unknown>) => Effect.promise(act)
    yield* change(() => writeFile(file, "some weights"))
    const first = yield* contentStamp(file)
    expect(first).toMatch(/^x1[0-9a-f]{32}$/u)
    expect(yield* contentStamp(file)).toBe(first)
    yield* change(() => utimes(file, 1, 1))
    expect(yield* contentStamp(file)).toBe(first)
    yield* change(() => copyFile(file, `${folder}/copy`))
    yield* change(() => rename(`${folder}/copy`, file))
    expect(yield* contentStamp(file)).toBe(first)
    yield* change(() => writeFile(file, "some weightz"))
    expect(yield* contentStamp(file)).not.toBe(first)
    yield* change(() => writeFile(file, "some weights"))
    expect(yield* contentStamp(file)).toBe(first)
    const missing = yield* Effect.flip(contentStamp(`${folder}/none`))
    expect([missing.message, missing.file]).toEqual(["no such file", `${folder}/none`])
    yield* change(() => mkdir(`${folder}/sub`))
    expect((yield* Effect.flip(contentStamp(`${folder}/sub`))).message).toContain("this is a folder")
    if (process.getuid?.() !== 0) {
      yield* change(() => chmod(file, 0))
      expect((yield* Effect.flip(contentStamp(file))).message).toContain("no permission")
    }
  }).pipe(Effect.scoped, Effect.provide([services(), NodeFileSystem.layer])),
)
