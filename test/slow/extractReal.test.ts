import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Batches from "../../src/arrow/Batch.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import { extract } from "../../stages/extract.ts"
import { onnxFile } from "../../stages/sources/onnxFile.ts"
import { Encoder, Features, Pixels } from "../../stages/tables.ts"
import { cut, openRows, readerOf, runWhole, services } from "../harness.ts"
import { pictures, pixelsOf } from "./cifar.ts"

const real = process.env["RANKSHIFT_REAL_DATA"]
const missing = real === undefined || !existsSync(join(real, "models"))
const folder = real ?? ""
const layer = services({ directory: folder })

/** Computed with PyTorch: of 5,000 training images the mean of all features, of the first images four features. */
const reference = {
  resnet20: {
    mean: 0.777349,
    train: [0.490811, 1.201775, 0.636419, 0.212497],
    test: [0.26971, 1.996868, 1.352003, 0.167215],
  },
  resnet56: {
    mean: 0.76175,
    train: [0.038853, 0.268769, 1.838887, 2.841934],
    test: [0.175389, 0.778956, 0.422836, 2.511509],
  },
} as const
const tolerance = 1e-4

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

const featuresOf = Effect.fnUntraced(function* (model: string, pixels: Batch<typeof Pixels>, params: object) {
  const encoder = yield* runWhole(onnxFile, {}, { file: join("models", model) })
  const step = yield* openRows(extract, { encoder: readerOf(Encoder, encoder) }, params)
  const made = yield* Effect.forEach(cut(Pixels, pixels), step, { concurrency: 2 })
  const { features } = Batches.concat(Features, made)
  return features
}, Effect.scoped)

const near = (found: ArrayLike<number>, wanted: ArrayLike<number>) => {
  expect(found.length).toBe(wanted.length)
  const differences = Array.from(found, (x, i) => Math.abs(x - (wanted[i] ?? Number.NaN)))
  expect(differences.reduce((most, x) => Math.max(most, x), 0)).toBeLessThan(tolerance)
}

describe("extract on real encoders", () => {
  const skipped = "RANKSHIFT_REAL_DATA has no models"

  it.effect("resnet20 and resnet56 give the reference features of CIFAR-10", (context) =>
    Effect.gen(function* () {
      if (missing) return context.skip(skipped)
      const images = yield* pictures(join(folder, "cifar10-subset.tar"))
      const train = yield* pixelsOf(images.filter(([path]) => path.startsWith("train/")))
      const test = yield* pixelsOf(images.filter(([path]) => path.startsWith("test/")))
      for (const [model, wanted] of Object.entries(reference)) {
        const file = `${model}_cifar10.onnx`
        const { data } = yield* featuresOf(file, train, imagenet)
        expect(data.length).toBe(5000 * 64)
        expect(Math.abs(data.reduce((sum, x) => sum + x, 0) / data.length - wanted.mean)).toBeLessThan(tolerance)
        near(data.subarray(0, 4), wanted.train)
        near((yield* featuresOf(file, test, imagenet)).data.subarray(0, 4), wanted.test)
      }
    }).pipe(Effect.provide(layer)),
  )

  it.effect("a batch of one, bytes in NHWC and a feature map give the features of the plain model", (context) =>
    Effect.gen(function* () {
      if (missing) return context.skip(skipped)
      const images = yield* pictures(join(folder, "cifar10-subset.tar"))
      const pixels = yield* pixelsOf(images.filter(([path]) => path.startsWith("test/")).slice(0, 150))
      const plain = yield* featuresOf("resnet20_cifar10.onnx", pixels, imagenet)
      const variants = [
        ["variant_resnet20_static_batch1_featonly.onnx", imagenet],
        ["variant_resnet20_uint8_nhwc.onnx", {}],
        ["variant_resnet20_featuremap_64x8x8.onnx", imagenet],
      ] as const
      for (const [file, params] of variants) {
        const { data, shape } = yield* featuresOf(file, pixels, params)
        expect([file, shape]).toEqual([file, [64]])
        near(data, plain.data)
      }
    }).pipe(Effect.provide(layer)),
  )

  it.effect("etinynet knows 134 images of ten classes of ImageNet", (context) =>
    Effect.gen(function* () {
      if (missing) return context.skip(skipped)
      const images = yield* pictures(join(folder, "imagenette-val134.tar"), ".JPEG")
      const pixels = yield* pixelsOf(images)
      const file = "etinynet1.0_in1k.onnx"
      const bytesLess128 = { scale: 1, mean: [128, 128, 128] }
      const names = yield* Effect.promise(() => readFile(join(folder, "imagenet", "imagenet_synsets.txt"), "utf8"))
      const classes = names.trim().split("\n")
      const folders = pixels.id.map((id) => id.split("/")[0] ?? "")
      const { data } = yield* featuresOf(file, pixels, { ...bytesLess128, output: "logits" })
      const accuracy = (among: ReadonlyArray<string>) => {
        const hits = folders.filter((folder, row) => {
          const scores = among.map((name) => data[row * classes.length + classes.indexOf(name)] ?? Number.NaN)
          return among[scores.indexOf(Math.max(...scores))] === folder
        })
        return (100 * hits.length) / folders.length
      }
      // No reference figures exist for these images: 60.4 and 97.0 is what comes out; a wrong order of
      // channels or scale gives 49 at best.
      const [all, ten] = [accuracy(classes), accuracy([...new Set(folders)])]
      console.log(`etinynet: top-1 ${all.toFixed(1)} among 1000 classes, ${ten.toFixed(1)} among ten`)
      expect(all).toBeGreaterThan(58)
      expect(ten).toBeGreaterThan(95)
      expect((yield* featuresOf(file, pixels, bytesLess128)).shape).toEqual([512])
    }).pipe(Effect.provide(layer)),
  )
})
