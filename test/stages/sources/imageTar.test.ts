import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Tar from "effect/encoding/Tar"
import * as Batch from "../../../src/arrow/Batch.ts"
import * as Hash from "../../../src/hash/Hash.ts"
import { imageTar } from "../../../stages/sources/imageTar.ts"
import { read } from "../../../stages/sources/read.ts"
import { tarFiles } from "../../../stages/sources/tarFiles.ts"
import { Manifest } from "../../../stages/tables.ts"
import { openEach, runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"
import { forge, remembering } from "./memory.ts"
import { member, tarOf } from "./tar.ts"

const listWith = (layer: ReturnType<typeof services>, params: object = {}) =>
  Effect.scoped(runWhole(tarFiles, {}, { file: "a.tar", ...params })).pipe(Effect.provide(layer))

const list = (directory: string, params: object = {}) => listWith(services({ directory }), params)

/** Every image of a manifest, read through it. */
const contents = (directory: string, params: object = {}) =>
  Effect.gen(function* () {
    const batch = yield* list(directory, params)
    const step = yield* openEach(read)
    const rows = Array.from(batch.id, (_, i) => Batch.row(Manifest, batch, i))
    const images = yield* Effect.forEach(rows, step, { concurrency: 4 })
    return images.map(({ id, bytes }) => [id, Buffer.from(bytes).toString()])
  }).pipe(Effect.scoped, Effect.provide(services()))

const complaint = (directory: string, params: object = {}) =>
  Effect.map(Effect.flip(list(directory, params)), ({ message, hint, file }) => `${message} | ${hint ?? ""} | ${file}`)

describe("imageTar", () => {
  it.effect("lists and reads images where they lie, sorted by id", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "a.tar": tarOf(
          member("./b/", "", "5"),
          member("./b/2.jpg", "two"),
          member("./b/10.JPG", "x".repeat(1500)),
          member("readme.txt", "no image"),
          member("a.png", "first"),
          member("._a.png", "hidden"),
          member(".cache/b.png", "hidden"),
          member("empty.gif", ""),
        ),
      })
      const { id, hash, bytes, path } = yield* list(folder)
      assert.deepStrictEqual(id, ["a.png", "b/10.JPG", "b/2.jpg", "empty.gif"])
      assert.deepStrictEqual([...bytes], [5, 1500, 3, 0])
      assert.deepStrictEqual(hash.slice(0, 3), ["first", "x".repeat(1500), "two"].map(Hash.ofText))
      assert.deepStrictEqual(new Set(path), new Set([join(folder, "a.tar")]))
      assert.deepStrictEqual(yield* contents(folder), [
        ["a.png", "first"],
        ["b/10.JPG", "x".repeat(1500)],
        ["b/2.jpg", "two"],
        ["empty.gif", ""],
      ])
    }),
  )

  it.effect("finds images beyond the first megabyte, and those that lie across one", () =>
    Effect.gen(function* () {
      const large = (letter: string) => letter.repeat(700_001)
      const folder = yield* folderWith({
        "a.tar": tarOf(...["a", "b", "c", "d"].map((letter) => member(`${letter}.jpg`, large(letter)))),
      })
      assert.deepStrictEqual(
        yield* contents(folder),
        ["a", "b", "c", "d"].map((letter) => [`${letter}.jpg`, large(letter)]),
      )
    }),
  )

  it.effect("reads long names as GNU tar and as PAX write them", () =>
    Effect.gen(function* () {
      const long = `${"folder/".repeat(30)}image.jpg`
      const chunks = yield* Stream.fromIterable([
        Tar.file(`${long}.png`, "pax"),
        Tar.file("ünïcode.jpg", "pax too"),
      ]).pipe(Stream.pipeThroughChannel(Tar.encode()), Stream.runCollect)
      const folder = yield* folderWith({
        "a.tar": tarOf(member("././@LongLink", `${long}\0`, "L"), member(long, "gnu"), member("z.jpg", "short")),
        "b.tar": Buffer.concat(chunks),
      })
      assert.deepStrictEqual(yield* contents(folder, { file: ["a.tar", "b.tar"] }), [
        [long, "gnu"],
        [`${long}.png`, "pax"],
        ["z.jpg", "short"],
        ["ünïcode.jpg", "pax too"],
      ])
    }),
  )

  it.effect("lets links within the tar stand for what they lead to", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "a.tar": tarOf(
          member("a/1.jpg", "one"),
          member("b/hard.jpg", "", "1", "a/1.jpg"),
          member("b/soft.jpg", "", "2", "../a/1.jpg"),
          member("b/chain.jpg", "", "2", "soft.jpg"),
        ),
        "b.tar": tarOf(member("a/1.jpg", "one"), member("b.jpg", "", "2", "gone.jpg")),
        "c.tar": tarOf(member("a.jpg", "", "2", "b.jpg"), member("b.jpg", "", "2", "a.jpg")),
      })
      assert.deepStrictEqual(
        (yield* contents(folder)).map(([id, text]) => `${id} ${text}`),
        ["a/1.jpg one", "b/chain.jpg one", "b/hard.jpg one", "b/soft.jpg one"],
      )
      assert.match(yield* complaint(folder, { file: "b.tar" }), /^the link "b.jpg" leads to "gone.jpg".*b\.tar$/)
      assert.match(yield* complaint(folder, { file: "c.tar" }), /^the link "a.jpg" leads to.*c\.tar$/)
    }),
  )

  it.effect("names a tar that is cut short, wherever", () =>
    Effect.gen(function* () {
      const whole = tarOf(member("a.jpg", "x".repeat(600)), member("b.jpg", "y".repeat(600)))
      const folder = yield* folderWith({ "a.tar": whole })
      // In the first header, in a content, in its padding, between the members, in the second header, before the end mark.
      for (const length of [100, 700, 1200, 1536, 1800, 3072]) {
        writeFileSync(join(folder, "a.tar"), whole.subarray(0, length))
        assert.match(yield* complaint(folder), /^this tar is truncated.*a\.tar$/, String(length))
      }
      writeFileSync(join(folder, "a.tar"), "")
      assert.match(yield* complaint(folder), /^this tar is truncated/)
    }),
  )

  it.effect("says what is wrong with what is no tar, has no images, or has one twice", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "text.tar": "this is text. ".repeat(100),
        "zip.tar": Buffer.from([0x1f, 0x8b, ...Array.from({ length: 2000 }, (_, i) => (i * 7) % 256)]),
        "none.tar": tarOf(member("a.txt", "")),
        "twice.tar": tarOf(member("a.jpg", "1"), member("./a.jpg", "2")),
        "a.tar": tarOf(member("a.jpg", "1")),
        "b.tar": tarOf(member("b.jpg", "1"), member("a.jpg", "2")),
      })
      assert.match(yield* complaint(folder, { file: "text.tar" }), /^this tar cannot be read.*text\.tar$/)
      assert.match(yield* complaint(folder, { file: "zip.tar" }), /uncompressed first.*zip\.tar$/)
      assert.match(yield* complaint(folder, { file: "none.tar" }), /^there are no images in this tar.*none\.tar$/)
      assert.match(yield* complaint(folder, { file: "twice.tar" }), /^the id "a.jpg" comes twice .*twice\.tar$/)
      assert.match(yield* complaint(folder, { file: ["a.tar", "b.tar"] }), /"a.jpg" comes twice, and in .*a\.tar/)
      assert.match(yield* complaint(folder, { file: "gone.tar" }), /^no such file.*gone\.tar$/)
    }),
  )

  it.effect("reads a tar again only when its stamp has changed", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "a.tar": tarOf(member("a.jpg", "one")),
        "b.tar": tarOf(member("b.jpg", "two")),
      })
      const file = ["a.tar", "b.tar"]
      const { kept, saves, layer } = remembering(folder)
      const first = yield* listWith(layer, { file })
      assert.strictEqual(saves(), 2)
      forge(kept, Hash.ofText("two"), Hash.ofText("forged"))
      writeFileSync(join(folder, "a.tar"), tarOf(member("a.jpg", "eno")))
      const { hash, offset } = yield* listWith(layer, { file })
      assert.deepStrictEqual(hash, [Hash.ofText("eno"), Hash.ofText("forged")])
      assert.deepStrictEqual(offset, first.offset)
      assert.strictEqual(saves(), 3)
    }),
  )

  it("makes a manifest and images from it", () => {
    const { images, manifest } = imageTar({ file: "data/train.tar" })
    assert.strictEqual(images.stage, read)
    assert.strictEqual(images.inputs["manifest"], manifest)
    assert.strictEqual(tarFiles.label?.({ file: "data/train.tar" }), "train")
  })
})

const real = process.env["RANKSHIFT_REAL_DATA"]
if (real === undefined) console.log("the real tars are skipped: RANKSHIFT_REAL_DATA is not set")

describe.skipIf(real === undefined)("real tars", () => {
  it.effect("lists the CIFAR-10 subset as its description says", () =>
    Effect.gen(function* () {
      const { id, bytes, offset, hash } = yield* list(real ?? "", { file: "cifar10-subset.tar" })
      assert.strictEqual(id.length, 6000)
      assert.strictEqual(id.filter((one) => one.startsWith("train/")).length, 5000)
      const tar = readFileSync(join(real ?? "", "cifar10-subset.tar"))
      for (let i = 0; i < id.length; i += 500) {
        const image = tar.subarray(offset[i], (offset[i] ?? 0) + (bytes[i] ?? 0))
        assert.strictEqual(image.toString("latin1", 1, 4), "PNG")
        assert.strictEqual(Hash.ofBytes(image), hash[i])
      }
    }),
  )
})
