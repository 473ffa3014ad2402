import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Hash from "../../../src/hash/Hash.ts"
import { files } from "../../../stages/sources/files.ts"
import { imageFolder } from "../../../stages/sources/imageFolder.ts"
import { read } from "../../../stages/sources/read.ts"
import { openEach, paramsOf, runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"
import { forge, remembering } from "./memory.ts"

type Services = ReturnType<typeof services>

const listWith = (layer: Services, params: object = {}) =>
  Effect.scoped(runWhole(files, {}, { dir: ".", ...params })).pipe(Effect.provide(layer))

const list = (directory: string, params: object = {}) => listWith(services({ directory }), params)

const stamp = (directory: string, params: object = {}) =>
  Effect.gen(function* () {
    assert(files.kind === "whole" && files.stamp !== undefined)
    return yield* files.stamp(yield* paramsOf(files, { dir: ".", ...params }))
  }).pipe(Effect.scoped, Effect.provide(services({ directory })))

/** What is said of a folder of which nothing can be made, by `stamp` and by `run` alike. */
const complaint = (directory: string, params: object = {}) =>
  Effect.gen(function* () {
    const error = yield* Effect.flip(list(directory, params))
    const planned = yield* Effect.flip(stamp(directory, params))
    assert.strictEqual(error._tag, "StageError")
    assert.strictEqual(planned.message, error.message)
    return `${error.message} | ${error.hint ?? ""} | ${error.file ?? ""}`
  })

const hashOf = (text: string) => Hash.ofText(text)

describe("imageFolder", () => {
  it.effect("lists images by their path from the folder, sorted by code unit", () =>
    Effect.gen(function* () {
      const names = ["b.jpg", "a/2.png", "a/10.png", "a-b.jpg", "a.jpg", "B/x.JPEG", "a/c/d.webp", "ä.gif", "z.tiff"]
      const folder = yield* folderWith(Object.fromEntries(names.map((name) => [name, name])))
      const batch = yield* list(folder)
      assert.deepStrictEqual(batch.id, [...names].sort())
      assert.deepStrictEqual(batch.hash, batch.id.map(hashOf))
      assert.deepStrictEqual(
        [...batch.bytes],
        batch.id.map((id) => Buffer.byteLength(id)),
      )
      assert.deepStrictEqual(
        batch.path,
        batch.id.map((id) => join(folder, id)),
      )
      assert.deepStrictEqual(
        [...batch.offset],
        batch.id.map(() => -1),
      )
    }),
  )

  it.effect("leaves out hidden files and folders, and what is no image", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "a.jpg": "a",
        "notes.txt": "",
        ".hidden.jpg": "",
        "._a.jpg": "",
        ".cache/b.jpg": "",
        jpg: "",
        "c.bmp": "",
      })
      assert.deepStrictEqual((yield* list(folder)).id, ["a.jpg"])
      assert.deepStrictEqual((yield* list(folder, { extensions: ["BMP", ".txt"] })).id, ["c.bmp", "notes.txt"])
    }),
  )

  it.effect("says what is wrong with a folder that is missing, is a file, or has no images", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "empty/readme.txt": "", "file.jpg": "" })
      assert.match(yield* complaint(folder, { dir: "nowhere" }), /^no such folder \| .* \| .*nowhere$/)
      assert.match(yield* complaint(folder, { dir: "file.jpg" }), /^this is no folder/)
      assert.match(yield* complaint(folder, { dir: "empty" }), /^there are no images .*\.webp.*extensions.*empty$/)
    }),
  )

  it.effect("follows links inside the folder, and those that leave it only where asked", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "set/a/1.jpg": "one", "outside/2.jpg": "two" })
      symlinkSync("1.jpg", join(folder, "set/a/link.jpg"))
      symlinkSync("a", join(folder, "set/b"))
      const inside = yield* list(folder, { dir: "set" })
      assert.deepStrictEqual(inside.id, ["a/1.jpg", "a/link.jpg", "b/1.jpg", "b/link.jpg"])
      assert.deepStrictEqual(new Set(inside.hash), new Set([hashOf("one")]))

      symlinkSync("../outside", join(folder, "set/c"))
      assert.match(yield* complaint(folder, { dir: "set" }), /^this link leaves the folder.*follow: true.*set\/c$/)
      assert.deepStrictEqual((yield* list(folder, { dir: "set", follow: true })).id, [...inside.id, "c/2.jpg"])
    }),
  )

  it.effect("names links that lead in a circle or nowhere", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "up/a/1.jpg": "", "self/1.jpg": "", "gone/1.jpg": "", "two/a/1.jpg": "" })
      symlinkSync("..", join(folder, "up/a/again"))
      symlinkSync("loop", join(folder, "self/loop"))
      symlinkSync("nothing.jpg", join(folder, "gone/2.jpg"))
      mkdirSync(join(folder, "two/b"))
      symlinkSync("../b", join(folder, "two/a/b"))
      symlinkSync("../a", join(folder, "two/b/a"))
      assert.match(yield* complaint(folder, { dir: "up" }), /^this link leads in a circle.*up\/a\/again$/)
      assert.match(yield* complaint(folder, { dir: "self" }), /^this link leads in a circle.*self\/loop$/)
      assert.match(yield* complaint(folder, { dir: "gone" }), /^this link leads nowhere.*gone\/2\.jpg$/)
      // A folder of images that is not mounted: without its link nobody would miss it.
      rmSync(join(folder, "gone/2.jpg"))
      symlinkSync("/nowhere/n01440764", join(folder, "gone/n01440764"))
      assert.match(yield* complaint(folder, { dir: "gone" }), /^this link leads nowhere.*gone\/n01440764$/)
      assert.match(yield* complaint(folder, { dir: "two" }), /^this link leads in a circle/)
    }),
  )

  it.effect("reads a file again only when its stamp has changed", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "one", "b.jpg": "two", "c.jpg": "three" })
      const { kept, saves, layer } = remembering(folder)
      yield* listWith(layer)
      assert.strictEqual(saves(), 1)

      forge(kept, hashOf("two"), hashOf("forged"))
      writeFileSync(join(folder, "c.jpg"), "other")
      writeFileSync(join(folder, "aa.jpg"), "new")
      const { id, hash } = yield* listWith(layer)
      assert.deepStrictEqual(id, ["a.jpg", "aa.jpg", "b.jpg", "c.jpg"])
      assert.deepStrictEqual(hash, [hashOf("one"), hashOf("new"), hashOf("forged"), hashOf("other")])
      assert.strictEqual(saves(), 2)

      yield* listWith(layer)
      assert.strictEqual(saves(), 2)
    }),
  )

  it.effect("reads a file again where its time was set back, or another has taken its place", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "one", "b.jpg": "two" })
      const { layer } = remembering(folder)
      const old = new Date("2020-01-01")
      for (const name of ["a.jpg", "b.jpg"]) utimesSync(join(folder, name), old, old)
      const before = yield* stamp(folder)
      yield* listWith(layer)

      writeFileSync(join(folder, "a.jpg"), "eno")
      writeFileSync(join(folder, "new"), "owt")
      renameSync(join(folder, "new"), join(folder, "b.jpg"))
      for (const name of ["a.jpg", "b.jpg"]) utimesSync(join(folder, name), old, old)
      assert.notStrictEqual(yield* stamp(folder), before)
      assert.deepStrictEqual((yield* listWith(layer)).hash, [hashOf("eno"), hashOf("owt")])
    }),
  )

  it.effect("sees a file that is written again at once", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "0000" })
      const { layer } = remembering(folder)
      for (let round = 1; round <= 12; round++) {
        const text = String(round).padStart(4, "0")
        writeFileSync(join(folder, "a.jpg"), text)
        assert.deepStrictEqual((yield* listWith(layer)).hash, [hashOf(text)])
      }
    }),
  )

  it.effect("keeps its hashes where the folder is moved, and says where it is now", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "old/a.jpg": "one" })
      const { kept, saves, layer } = remembering(folder)
      yield* listWith(layer, { dir: "old" })
      const before = yield* stamp(folder, { dir: "old" })
      forge(kept, hashOf("one"), hashOf("forged"))
      renameSync(join(folder, "old"), join(folder, "new"))
      assert.notStrictEqual(yield* stamp(folder, { dir: "new" }), before)
      const { path, hash } = yield* listWith(layer, { dir: "new" })
      assert.deepStrictEqual(path, [join(folder, "new/a.jpg")])
      assert.deepStrictEqual(hash, [hashOf("forged")])
      assert.strictEqual(saves(), 1)
    }),
  )

  it.effect("keeps what was hashed where the run ends early", () =>
    Effect.gen(function* () {
      // More than are looked at together, so that there is an early and a late part.
      const names = Array.from({ length: 600 }, (_, i) => `${String(i).padStart(4, "0")}.jpg`)
      const folder = yield* folderWith(Object.fromEntries(names.map((name) => [name, name])))
      const { kept, layer } = remembering(folder)
      const early = Effect.gen(function* () {
        assert(files.kind === "whole")
        const made = yield* files.run({}, yield* paramsOf(files, { dir: "." }))
        assert(Stream.isStream(made))
        yield* Stream.runDrain(Stream.take(made, 1))
      }).pipe(Effect.scoped, Effect.provide(layer))

      yield* early
      forge(kept, hashOf("0001.jpg"), hashOf("early"))
      assert.strictEqual((yield* listWith(layer)).hash[1], hashOf("early"))

      // What was known of files that an early end does not reach is kept as well.
      forge(kept, hashOf("0599.jpg"), hashOf("late"))
      writeFileSync(join(folder, "0000.jpg"), "changed")
      yield* early
      const { hash } = yield* listWith(layer)
      assert.deepStrictEqual([hash[0], hash[1], hash[599]], ["changed", "early", "late"].map(hashOf))
    }),
  )

  it.effect("gives the same stamp until something changes", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "one", "b.txt": "" })
      const first = yield* stamp(folder)
      assert.strictEqual(yield* stamp(folder), first)
      writeFileSync(join(folder, "b.txt"), "no image")
      assert.strictEqual(yield* stamp(folder), first)
      renameSync(join(folder, "a.jpg"), join(folder, "c.jpg"))
      assert.notStrictEqual(yield* stamp(folder), first)
    }),
  )

  it("makes a manifest and images from it, as stages of a pipeline", () => {
    const { images, manifest } = imageFolder({ dir: "data/val" })
    assert.strictEqual(images.stage, read)
    assert.strictEqual(images.inputs["manifest"], manifest)
    assert.deepStrictEqual(manifest.params, { dir: "data/val" })
    assert.strictEqual(files.label?.({ dir: "data/val/" }), "val")
  })
})

describe("read", () => {
  const row = (path: string, text: string, changes: object = {}) => ({
    id: "a.jpg",
    path,
    hash: hashOf(text),
    bytes: text.length,
    offset: -1,
    ...changes,
  })

  it.effect("reads all of a file, or a part of it", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "one", "many.tar": "...two...three" })
      const step = yield* openEach(read)
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
      assert.strictEqual(text((yield* step(row(join(folder, "a.jpg"), "one"))).bytes), "one")
      const part = { offset: 3 }
      const all = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, i) => i),
        (i) =>
          step(
            i % 2 === 0
              ? row(join(folder, "many.tar"), "two", part)
              : row(join(folder, "many.tar"), "three", { offset: 9 }),
          ),
        { concurrency: 16 },
      )
      assert.deepStrictEqual(all.map(({ bytes }) => text(bytes)).slice(0, 4), ["two", "three", "two", "three"])
    }).pipe(Effect.provide(services())),
  )

  it.effect("names a file that changed, was cut short or went away since it was listed", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "a.jpg": "eno", "short.jpg": "on", "many.tar": "..tw" })
      const step = yield* openEach(read)
      for (const changed of [
        row(join(folder, "a.jpg"), "one"),
        row(join(folder, "short.jpg"), "one"),
        row(join(folder, "many.tar"), "two", { offset: 2 }),
      ]) {
        const error = yield* Effect.flip(step(changed))
        assert.strictEqual(error._tag, "StageError")
        assert.include(JSON.stringify(error), "changed during the run")
        assert.strictEqual(error.file, changed.path)
      }
      for (const offset of [-1, 5]) {
        const gone = yield* Effect.flip(step(row(join(folder, "gone.jpg"), "one", { offset })))
        assert.strictEqual(gone.file, join(folder, "gone.jpg"))
      }
    }).pipe(Effect.provide(services())),
  )
})
