/** Named sets on real data: real file names, real labels, real pixels. */
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import sharp from "sharp"
import { namedSet } from "../../../stages/sets/namedSet.ts"
import { classList } from "../../../stages/sources/classList.ts"
import { folderLabels } from "../../../stages/sources/folderLabels.ts"
import { imageTar } from "../../../stages/sources/imageTar.ts"
import { carried, labelsIn, pixelsOf } from "../sources/carried.ts"
import { folderWith } from "../sources/folderWith.ts"

const real = process.env["RANKSHIFT_REAL_DATA"] ?? ""
if (real === "") console.log("sets on real data are skipped: RANKSHIFT_REAL_DATA is not set")

describe.skipIf(real === "")("named sets on real data", () => {
  it.effect("ReaL's labels fit the validation images, and mostly contain ImageNet's own", () =>
    Effect.gen(function* () {
      const dir = yield* folderWith({})
      execFileSync("tar", ["-xf", join(real, "imagenette-val134.tar"), "-C", dir])
      const synsets = join(real, "imagenet", "imagenet_synsets.txt")
      const classes = classList({ classes: synsets })
      const validation = namedSet("imagenet-val", dir, { classes, partial: true })
      const relabelled = namedSet("imagenet-real", dir, { labels: join(real, "imagenet", "real.json"), partial: true })
      const own = new Map((yield* labelsIn(validation.labels)).map(([id, label]) => [id, label]))
      const wnids = (yield* carried(classes)).name
      for (const [id, label] of own) assert.strictEqual(String(id).split("/")[0], wnids[Number(label)])
      const published: ReadonlyArray<ReadonlyArray<number>> = JSON.parse(
        readFileSync(join(real, "imagenet", "real.json"), "utf8"),
      )
      const rows = yield* labelsIn(relabelled.labels)
      assert.strictEqual(rows.length, 134)
      for (const [id, ...labels] of rows) {
        const number = Number(/val_(\d+)/u.exec(String(id))?.[1])
        assert.deepStrictEqual(labels, [...(published[number - 1] ?? [])])
      }
      const agreeing = rows.filter(([id, ...labels]) => labels.includes(own.get(id ?? "") ?? -1))
      assert.isAbove(agreeing.length, 110)
    }),
  )

  it.effect("CIFAR-10 in its binary layout gives the pixels of the same images as PNG", () =>
    Effect.gen(function* () {
      const tar = imageTar({ file: join(real, "cifar10-subset.tar") })
      const labels = new Map(
        (yield* labelsIn(folderLabels(tar.manifest, { depth: 1 }))).map(([id, label]) => [id, label]),
      )
      const { bytes, id } = yield* carried(tar.images)
      const chosen = id.flatMap((one, i) => (one.startsWith("test/") && i % 20 === 0 ? [i] : []))
      const images = yield* Effect.promise(() =>
        Promise.all(chosen.map((i) => sharp(bytes[i]).removeAlpha().toColourspace("srgb").raw().toBuffer())),
      )
      const records = images.map((pixels, at) => {
        const record = Buffer.alloc(3073)
        record[0] = Number(labels.get(id[chosen[at] ?? 0] ?? ""))
        for (let i = 0; i < 3072; i++) record[1 + (i % 3) * 1024 + Math.floor(i / 3)] = pixels[i] ?? 0
        return record
      })
      const dir = yield* folderWith({})
      mkdirSync(join(dir, "cifar"))
      writeFileSync(join(dir, "cifar", "test_batch.bin"), Buffer.concat(records))
      const set = namedSet("cifar10-test", join(dir, "cifar"), { partial: true })
      const read = yield* pixelsOf(set.images)
      assert.strictEqual(read.length, images.length)
      for (const [i, { pixels }] of read.entries()) assert.deepStrictEqual(pixels, [...(images[i] ?? [])])
      assert.deepStrictEqual(
        (yield* labelsIn(set.labels)).map(([, label]) => label),
        chosen.map((i) => labels.get(id[i] ?? "")),
      )
    }),
  )
})
