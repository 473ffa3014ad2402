import { join } from "node:path"
import { writeFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import {
  Binary,
  Dictionary,
  Field,
  Int32,
  makeData,
  Struct,
  Table,
  tableToIPC,
  Utf8,
  Vector,
  vectorFromArray,
} from "apache-arrow"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Batch from "../../../src/arrow/Batch.ts"
import * as Ipc from "../../../src/arrow/Ipc.ts"
import * as Hash from "../../../src/hash/Hash.ts"
import { arrowFiles } from "../../../stages/sources/arrowFiles.ts"
import { imageArrow } from "../../../stages/sources/imageArrow.ts"
import { read } from "../../../stages/sources/read.ts"
import { Images, Manifest } from "../../../stages/tables.ts"
import { openEach, runWhole, services } from "../../harness.ts"
import { folderWith } from "./folderWith.ts"
import { forge, remembering } from "./memory.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

const write = (file: string, batches: ReadonlyArray<ReadonlyArray<readonly [id: string, text: string]>>) =>
  Ipc.write(
    Images,
    file,
    Stream.fromIterable(
      batches.map((rows) => ({ id: rows.map(([id]) => id), bytes: rows.map(([, text]) => bytesOf(text)) })),
    ),
  )

const listWith = (layer: ReturnType<typeof services>, params: object = {}) =>
  Effect.scoped(runWhole(arrowFiles, {}, { file: "a.arrow", ...params })).pipe(Effect.provide(layer))

const contents = (directory: string, params: object = {}) =>
  Effect.gen(function* () {
    const batch = yield* listWith(services({ directory }), params)
    const step = yield* openEach(read)
    const rows = Array.from(batch.id, (_, i) => Batch.row(Manifest, batch, i))
    const images = yield* Effect.forEach(rows, step, { concurrency: 4 })
    return images.map(({ id, bytes }) => `${id} ${Buffer.from(bytes).toString()}`)
  }).pipe(Effect.scoped, Effect.provide(services()))

const complaint = (directory: string, params: object = {}) =>
  Effect.map(Effect.flip(listWith(services({ directory }), params)), ({ message, file }) => `${message} | ${file}`)

describe("imageArrow", () => {
  it.effect("lists and reads images where they lie, over several batches and files", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({})
      yield* write(join(folder, "a.arrow"), [
        [
          ["c", "third"],
          ["a", "first"],
        ],
        [["e", ""]],
        [
          ["f", "x".repeat(999)],
          ["b", "second"],
        ],
      ])
      yield* write(join(folder, "b.arrow"), [[["d", "fourth"]]])
      assert.deepStrictEqual(yield* contents(folder, { file: ["a.arrow", "b.arrow"] }), [
        "a first",
        "b second",
        "c third",
        "d fourth",
        "e ",
        `f ${"x".repeat(999)}`,
      ])
    }),
  )

  it.effect("reads columns of other names, and those within a struct", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({})
      const paths = vectorFromArray(["p/1.jpg", "p/2.jpg"], new Utf8())
      const images = vectorFromArray([bytesOf("one"), bytesOf("two")], new Binary())
      const type = new Struct([new Field("bytes", new Binary()), new Field("path", new Utf8())])
      const image = makeData({
        type,
        length: 2,
        children: [images.data[0], paths.data[0]].flatMap((data) => data ?? []),
      })
      const table = new Table({ image: new Vector([image]) })
      writeFileSync(join(folder, "a.arrow"), tableToIPC(table, "file"))
      writeFileSync(join(folder, "b.arrow"), tableToIPC(table, "stream"))
      for (const file of ["a.arrow", "b.arrow"]) {
        assert.deepStrictEqual(yield* contents(folder, { file, id: "image.path", bytes: "image.bytes" }), [
          "p/1.jpg one",
          "p/2.jpg two",
        ])
      }
    }),
  )

  it.effect("says what is wrong with a file", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "text.arrow": "this is no Arrow file" })
      yield* write(join(folder, "a.arrow"), [[["a", "one"]], [["a", "two"]]])
      yield* write(join(folder, "none.arrow"), [])
      assert.match(yield* complaint(folder), /^the id "a" comes twice \| .*a\.arrow$/)
      assert.match(yield* complaint(folder, { bytes: "image" }), /column image.*id, bytes.*a\.arrow$/)
      assert.match(yield* complaint(folder, { file: "text.arrow" }), /no sound Arrow file.*text\.arrow$/)
      assert.match(yield* complaint(folder, { file: "none.arrow" }), /^there are no images.*none\.arrow$/)
      const shared = vectorFromArray([bytesOf("one"), bytesOf("one")], new Dictionary(new Binary(), new Int32()))
      const table = new Table({ id: vectorFromArray(["a", "b"], new Utf8()), bytes: shared })
      writeFileSync(join(folder, "shared.arrow"), tableToIPC(table, "file"))
      assert.match(yield* complaint(folder, { file: "shared.arrow" }), /bytes does not lie in the file.*shared\.arrow$/)
      assert.match(yield* complaint(folder, { file: "gone.arrow" }), /^no such file.*gone\.arrow$/)
    }),
  )

  it.effect("reads a file again only when its stamp has changed", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({})
      yield* write(join(folder, "a.arrow"), [[["a", "one"]]])
      const { kept, saves, layer } = remembering(folder)
      yield* listWith(layer)
      forge(kept, Hash.ofText("one"), Hash.ofText("forged"))
      assert.deepStrictEqual((yield* listWith(layer)).hash, [Hash.ofText("forged")])
      yield* write(join(folder, "a.arrow"), [[["a", "two"]]])
      assert.deepStrictEqual((yield* listWith(layer)).hash, [Hash.ofText("two")])
      assert.strictEqual(saves(), 2)
    }),
  )

  it("makes a manifest and images from it", () => {
    const { images, manifest } = imageArrow({ file: "data/val.arrow" })
    assert.strictEqual(images.inputs["manifest"], manifest)
    assert.strictEqual(arrowFiles.label?.({ file: "data/val.arrow", id: "id", bytes: "bytes" }), "val")
  })
})
