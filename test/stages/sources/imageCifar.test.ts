import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { imageCifar } from "../../../stages/sources/imageCifar.ts"
import { complaintOf, labelsIn, pixelsOf } from "./carried.ts"
import { folderWith } from "./folderWith.ts"

/** Pixel (x, y) of channel c of image i. */
const value = (i: number, c: number, y: number, x: number) => (i * 101 + c * 59 + y * 7 + x * 3) % 256

const record = (i: number, ...labels: ReadonlyArray<number>) =>
  Buffer.from([...labels, ...Array.from({ length: 3072 }, (_, at) => value(i, at >> 10, (at >> 5) % 32, at % 32))])

describe("imageCifar", () => {
  it.effect("gives every image bit for bit, channel planes made pixels, with its label", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({
        "data_batch_1.bin": Buffer.concat([record(0, 6), record(1, 9)]),
        "data_batch_2.bin": record(2, 0),
      })
      const file = [join(folder, "data_batch_1.bin"), join(folder, "data_batch_2.bin")] as const
      const set = imageCifar({ file, cifar: "10" })
      assert.deepStrictEqual(yield* labelsIn(set.labels), [
        ["data_batch_1/00000", 6],
        ["data_batch_1/00001", 9],
        ["data_batch_2/00000", 0],
      ])
      const images = yield* pixelsOf(set.images)
      assert.deepStrictEqual(
        images.map(({ id }) => id),
        ["data_batch_1/00000", "data_batch_1/00001", "data_batch_2/00000"],
      )
      for (const [i, { height, pixels, width }] of images.entries()) {
        assert.deepStrictEqual([height, width], [32, 32])
        const expected = Array.from({ length: 3072 }, (_, at) =>
          value(i, at % 3, Math.floor(at / 96), Math.floor(at / 3) % 32),
        )
        assert.deepStrictEqual(pixels, expected)
      }
    }),
  )

  it.effect("CIFAR-100 has a class and a superclass", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "test.bin": Buffer.concat([record(0, 19, 99), record(1, 0, 42)]) })
      const file = join(folder, "test.bin")
      assert.deepStrictEqual(yield* labelsIn(imageCifar({ file, cifar: "100" }).labels), [
        ["test/00000", 99],
        ["test/00001", 42],
      ])
      assert.deepStrictEqual(yield* labelsIn(imageCifar({ file, cifar: "100", level: "coarse" }).labels), [
        ["test/00000", 19],
        ["test/00001", 0],
      ])
    }),
  )

  it.effect("a file that ends early, a class out of range and superclasses of CIFAR-10 are errors", () =>
    Effect.gen(function* () {
      const folder = yield* folderWith({ "cut.bin": record(0, 1).subarray(0, 3000), "wrong.bin": record(0, 10) })
      const cut = imageCifar({ file: join(folder, "cut.bin"), cifar: "10" })
      assert.match(yield* complaintOf(cut.manifest), /no whole binary file of CIFAR-10: 3000 bytes.*cut\.bin$/u)
      assert.match(yield* complaintOf(cut.labels), /no whole binary file of CIFAR-10/u)
      const wrong = imageCifar({ file: join(folder, "wrong.bin"), cifar: "10" })
      assert.match(yield* complaintOf(wrong.labels), /image 0: class 10 is out of range \(0 to 9\).*wrong\.bin$/u)
      const coarse = imageCifar({ file: join(folder, "wrong.bin"), cifar: "10", level: "coarse" })
      assert.match(yield* complaintOf(coarse.labels), /no superclasses/u)
    }),
  )
})
