import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { imageIdx } from "../../../stages/sources/imageIdx.ts"
import { complaintOf, labelsIn, pixelsOf } from "./carried.ts"
import { folderWith } from "./folderWith.ts"

const idx = (shape: ReadonlyArray<number>, values: ReadonlyArray<number>, type = 8) => {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.writeUInt8(type, 2)
  header.writeUInt8(shape.length, 3)
  for (const [i, size] of shape.entries()) header.writeUInt32BE(size, 4 + 4 * i)
  return Buffer.concat([header, Buffer.from(values)])
}

const values = Array.from({ length: 2 * 3 * 5 }, (_, i) => (i * 37) % 256)
const images = idx([2, 3, 5], values)
const labels = idx([2], [7, 0])

const setIn = (folder: string, names: { readonly images: string; readonly labels: string }, classes = 10) =>
  imageIdx({ images: join(folder, names.images), labels: join(folder, names.labels), classes })

describe("imageIdx", () => {
  it.effect("gives grey images as three equal channels, packed or not, and their labels", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "images-idx3-ubyte": images,
        "labels-idx1-ubyte": labels,
        "images-idx3-ubyte.gz": gzipSync(images),
        "labels-idx1-ubyte.gz": gzipSync(labels),
      })
      for (const end of ["", ".gz"]) {
        const set = setIn(folder, { images: `images-idx3-ubyte${end}`, labels: `labels-idx1-ubyte${end}` })
        assert.deepStrictEqual(yield* labelsIn(set.labels), [
          ["images-idx3-ubyte/0000000", 7],
          ["images-idx3-ubyte/0000001", 0],
        ])
        const expected = [0, 1].map((i) => ({
          id: `images-idx3-ubyte/000000${i}`,
          height: 3,
          width: 5,
          pixels: values.slice(i * 15, (i + 1) * 15).flatMap((grey) => [grey, grey, grey]),
        }))
        assert.deepStrictEqual(yield* pixelsOf(set.images), expected)
      }
    }),
  )

  it.effect("says what is wrong with a file, and names it", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        images,
        labels,
        short: images.subarray(0, 30),
        text: "this is text",
        floats: idx([2, 3, 5], values, 13),
        three: idx([3], [1, 2, 3]),
        "cut.gz": gzipSync(images).subarray(0, 20),
      })
      const manifest = (name: string) => complaintOf(setIn(folder, { images: name, labels: "labels" }).manifest)
      assert.match(yield* manifest("short"), /30 bytes where its header says 46.*short$/u)
      assert.match(yield* manifest("text"), /no IDX file.*text$/u)
      assert.match(yield* manifest("floats"), /values of type 13.*floats$/u)
      assert.match(yield* manifest("labels"), /shape of this IDX file is \[2\].*labels$/u)
      assert.match(yield* manifest("cut.gz"), /cannot be unpacked.*cut\.gz$/u)
      assert.match(yield* manifest("gone"), /^no such file.*gone$/u)
      const ofThree = setIn(folder, { images: "images", labels: "three" }).labels
      assert.match(yield* complaintOf(ofThree), /\[3\], and there are 2 images.*three$/u)
      const ofSeven = setIn(folder, { images: "images", labels: "labels" }, 7).labels
      assert.match(yield* complaintOf(ofSeven), /image 0: class 7 is out of range \(0 to 6\).*labels$/u)
    }),
  )
})
