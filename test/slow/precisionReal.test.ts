/** Published encoders in float16 and in 8 bits: how near their features and their own heads' accuracies stay. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Batches from "../../src/arrow/Batch.ts"
import type { Batch } from "../../src/arrow/Table.ts"
import { features, Params as Feeding } from "../../stages/extract.ts"
import { stage } from "../../stages/precision/precision.ts"
import { Converted } from "../../stages/precision/tables.ts"
import { onnxFile } from "../../stages/sources/onnxFile.ts"
import { Encoder, Features, Pixels } from "../../stages/tables.ts"
import { cut, readerOf, runWhole, services } from "../harness.ts"
import { pictures, pixelsOf } from "./cifar.ts"

const real = process.env["RANKSHIFT_REAL_DATA"]
const missing = real === undefined || !existsSync(join(real, "models"))
const folder = real ?? ""
const layer = services({ directory: folder })

const outputs = Effect.fnUntraced(function* (onnx: Uint8Array, pixels: Batch<typeof Pixels>, params: object) {
  const step = yield* features(onnx, yield* Schema.decodeUnknownEffect(Feeding)(params))
  const made = yield* Effect.forEach(cut(Pixels, pixels), step, { concurrency: 2 })
  return Batches.concat(Features, made).features
}, Effect.scoped)

/** Top-1 of the encoder's own head. */
const accuracy = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  pixels: Batch<typeof Pixels>,
  params: object,
  labels: ReadonlyArray<number>,
) {
  const { data, shape } = yield* outputs(onnx, pixels, { ...params, output: "logits" })
  const width = shape[0] ?? 0
  const hits = labels.filter((label, row) => {
    const scores = data.subarray(row * width, (row + 1) * width)
    return scores.indexOf(Math.max(...scores)) === label
  })
  return (100 * hits.length) / labels.length
})

const compared = Effect.fnUntraced(function* (
  file: string,
  pixels: Batch<typeof Pixels>,
  params: object,
  labels: ReadonlyArray<number>,
) {
  const { onnx } = yield* runWhole(onnxFile, {}, { file: join("models", file) })
  const original = onnx[0] ?? new Uint8Array(0)
  const inputs = { encoder: readerOf(Encoder, { onnx: [original] }), pixels: readerOf(Pixels, pixels) }
  const right = yield* accuracy(original, pixels, params, labels)
  const one = Effect.fnUntraced(function* (to: string) {
    const made = Batches.row(Converted, yield* runWhole(stage, inputs, { to, ...params }), 0)
    const top1 = yield* accuracy(made.onnx, pixels, params, labels)
    const words = `cosine ${made.meanCosine}, at the least ${made.leastCosine}, off by ${made.deviation}`
    const sizes = `${made.bytesBefore} -> ${made.bytes} bytes`
    console.log(`${file} ${to}: top-1 ${right.toFixed(1)} -> ${top1.toFixed(1)}, ${words}, ${sizes}`)
    return { ...made, change: top1 - right }
  })
  return { right, half: yield* one("fp16"), eight: yield* one("int8") }
})

describe.skipIf(missing)("published encoders in another precision", () => {
  it.live.each(["resnet20", "resnet56"])("%s for CIFAR knows what it knew", (name) =>
    Effect.gen(function* () {
      const images = yield* pictures(join(folder, "cifar10-subset.tar"))
      const test = images.filter(([path]) => path.startsWith("test/"))
      const pixels = yield* pixelsOf(test)
      const folders = test.map(([path]) => path.split("/")[1] ?? "")
      const names = [...new Set(folders)].toSorted()
      const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }
      const labels = folders.map((one) => names.indexOf(one))
      const { eight, half, right } = yield* compared(`${name}_cifar10.onnx`, pixels, imagenet, labels)
      expect(right).toBeGreaterThan(91)
      expect(half.leastCosine).toBeGreaterThan(1 - 1e-5)
      expect(Math.abs(half.change)).toBeLessThanOrEqual(0.1)
      expect(eight.meanCosine).toBeGreaterThan(0.99)
      expect(Math.abs(eight.change)).toBeLessThanOrEqual(1)
    }).pipe(Effect.provide(layer)),
  )

  it.live("etinynet, of depthwise convolutions, too", () =>
    Effect.gen(function* () {
      const images = yield* pictures(join(folder, "imagenette-val134.tar"), ".JPEG")
      const pixels = yield* pixelsOf(images)
      const classes = readFileSync(join(folder, "imagenet", "imagenet_synsets.txt"), "utf8")
        .trim()
        .split("\n")
      const labels = pixels.id.map((id) => classes.indexOf(id.split("/")[0] ?? ""))
      const params = { scale: 1, mean: [128, 128, 128] }
      const { eight, half } = yield* compared("etinynet1.0_in1k.onnx", pixels, params, labels)
      expect(half.leastCosine).toBeGreaterThan(1 - 1e-4)
      expect(Math.abs(half.change)).toBeLessThanOrEqual(1)
      expect(eight.meanCosine).toBeGreaterThan(0.9)
    }).pipe(Effect.provide(layer)),
  )
})
