/** Sets written by Pillow, Python's tarfile, numpy and SciPy, read back: the same pixels and labels by every way. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { namedSet } from "../../stages/sets/namedSet.ts"
import { folderLabels } from "../../stages/sources/folderLabels.ts"
import { imageCifar } from "../../stages/sources/imageCifar.ts"
import { imageFolder } from "../../stages/sources/imageFolder.ts"
import { imageIdx } from "../../stages/sources/imageIdx.ts"
import { imageTar } from "../../stages/sources/imageTar.ts"
import { webDataset } from "../../stages/sources/webDataset.ts"
import { labelsIn, pixelsOf } from "../stages/sources/carried.ts"
import { folderWith } from "../stages/sources/folderWith.ts"

const script = fileURLToPath(new URL("sources.py", import.meta.url))

const written = Effect.map(folderWith({}), (folder) => {
  execFileSync("/usr/bin/python3", [script, folder])
  const pixels = readFileSync(join(folder, "pixels.bin"))
  return { folder, image: (i: number) => [...pixels.subarray(i * 3072, (i + 1) * 3072)] }
})

/** The image's number is the last one in its id. */
const numberIn = (id: string) => Number(/(\d+)(?:\.\w+)?$/u.exec(id)?.[1])

describe("sets written by other tools", () => {
  it.effect("a folder, tars of three formats, WebDataset and CIFAR give the pixels and labels that were written", () =>
    Effect.gen(function* () {
      const { folder, image } = yield* written
      const at = (name: string) => join(folder, name)
      const labelled = (listing: ReturnType<typeof imageFolder>) => ({
        ...listing,
        labels: folderLabels(listing.manifest),
      })
      const web = [at("web-0.tar"), at("web-1.tar")] as const
      const sets = {
        folder: labelled(imageFolder({ dir: at("folder") })),
        ustar: labelled(imageTar({ file: at("ustar.tar") })),
        gnu: labelled(imageTar({ file: at("gnu.tar") })),
        pax: labelled(imageTar({ file: at("pax.tar") })),
        cls: webDataset({ file: web }),
        json: webDataset({ file: web, label: ".json" }),
        cifar10: imageCifar({ file: at("cifar.bin"), cifar: "10" }),
        cifar100: imageCifar({ file: at("cifar100.bin"), cifar: "100" }),
      }
      for (const [name, set] of Object.entries(sets)) {
        const images = yield* pixelsOf(set.images)
        assert.strictEqual(images.length, 12, name)
        for (const { id, pixels } of images) assert.deepStrictEqual(pixels, image(numberIn(id)), `${name} ${id}`)
        for (const [id, ...classes] of yield* labelsIn(set.labels))
          assert.deepStrictEqual(classes, [numberIn(String(id)) % 3], `${name} ${id}`)
      }
    }),
  )

  it.effect("IDX, packed or not", () =>
    Effect.gen(function* () {
      const { folder, image } = yield* written
      for (const end of ["", ".gz"]) {
        const set = imageIdx({
          images: join(folder, `images-idx3-ubyte${end}`),
          labels: join(folder, "labels-idx1-ubyte"),
        })
        const images = yield* pixelsOf(set.images)
        assert.strictEqual(images.length, 12)
        for (const { id, pixels } of images) {
          const green = image(numberIn(id)).filter((_, i) => i % 3 === 1)
          assert.deepStrictEqual(
            pixels,
            green.flatMap((grey) => [grey, grey, grey]),
          )
        }
        for (const [id, ...classes] of yield* labelsIn(set.labels))
          assert.deepStrictEqual(classes, [numberIn(String(id)) % 3])
      }
    }),
  )

  it.effect("the devkit's MAT file as SciPy writes it, compressed or not", () =>
    Effect.gen(function* () {
      const { folder } = yield* written
      for (const devkit of ["devkit0", "devkit1"]) {
        const set = namedSet("imagenet-val", join(folder, "val"), { devkit: join(folder, devkit), partial: true })
        assert.deepStrictEqual(yield* labelsIn(set.labels), [
          ["ILSVRC2012_val_00000001.JPEG", 0],
          ["ILSVRC2012_val_00000002.JPEG", 999],
          ["ILSVRC2012_val_00000003.JPEG", 998],
        ])
      }
    }),
  )
})
