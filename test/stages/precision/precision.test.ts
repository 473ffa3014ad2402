import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Batches from "../../../src/arrow/Batch.ts"
import { Converted as Recorded } from "../../../src/report/encoders.ts"
import { features, Params as Feeding } from "../../../stages/extract.ts"
import { imageFolder, model } from "../../../stages/index.ts"
import { randomConv } from "../../../stages/miniature/index.ts"
import { deviation } from "../../../stages/precision/deviation.ts"
import { precision, stage } from "../../../stages/precision/precision.ts"
import { seeded } from "../../../stages/precision/seeded.ts"
import { Converted } from "../../../stages/precision/tables.ts"
import { checkpoint } from "../../../stages/sources/checkpoint.ts"
import { Encoder, Pixels } from "../../../stages/tables.ts"
import { readerOf, runWhole, services } from "../../harness.ts"
import { folder } from "../checkpoints/files.ts"
import { edited } from "./networks.ts"

const layer = services()
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const

const encoderOf = Effect.fnUntraced(function* (file: string, params: object = {}) {
  const { onnx } = yield* runWhole(checkpoint, {}, { file: `${folder}${file}`, ...params })
  return onnx[0] ?? new Uint8Array(0)
})

const convert = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  params: object,
  images?: readonly [number, number, number],
) {
  const pixels = images === undefined ? undefined : readerOf(Pixels, seeded(...images))
  const encoder = readerOf(Encoder, { onnx: [onnx] })
  const made = yield* runWhole(stage, { encoder, pixels }, params)
  return Batches.row(Converted, made, 0)
})

const featuresOf = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  images: readonly [count: number, height: number, width: number],
) {
  const step = yield* features(onnx, yield* Schema.decodeUnknownEffect(Feeding)(imagenet))
  const found = yield* step(seeded(...images))
  return { rows: found.id.length, data: found.features.data }
}, Effect.scoped)

describe("a checkpoint's encoder in another precision", () => {
  it.effect.each([
    { file: "resnet18.safetensors", params: {}, fp16: 1 - 1e-5, int8: 0.995 },
    { file: "mocov3.pth.tar", params: {}, fp16: 1 - 1e-5, int8: 0.99 },
    { file: "vitDino.pth", params: { heads: 2 }, fp16: 1 - 1e-5, int8: 0.99 },
    { file: "vitBeit.pth", params: {}, fp16: 1 - 1e-5, int8: 0.99 },
    { file: "vitTimm.pth", params: { heads: 2 }, fp16: 1 - 1e-5, int8: 0.99 },
  ])("is near the one in float32: $file", ({ file, params, ...least }) =>
    Effect.gen(function* () {
      const original = yield* encoderOf(file, params)
      for (const to of ["fp16", "int8"] as const) {
        const images = [3, 64, 64] as const
        const made = yield* convert(original, { to }, images)
        expect(made).toMatchObject({ precision: to, bytesBefore: original.length, images: 3, drawn: "given" })
        expect(made.bytes).toBe(made.onnx.length)
        // What is recorded is what comes out when it is used.
        const differ = deviation(yield* featuresOf(original, images), yield* featuresOf(made.onnx, images))
        expect(differ.leastCosine).toBeCloseTo(made.leastCosine, 6)
        expect(differ.deviation).toBeCloseTo(made.deviation, 5)
        expect(made.leastCosine).toBeGreaterThan(least[to])
        expect(made.leastCosine).toBeLessThan(1)
        expect(made.deviation).toBeGreaterThan(0)
      }
    }).pipe(Effect.provide(layer)),
  )

  it.effect("gives an image the same features whatever images are beside it", () =>
    Effect.gen(function* () {
      const { onnx } = yield* convert(yield* encoderOf("resnet18.safetensors"), { to: "int8" }, [1, 32, 32])
      const [one, five] = [yield* featuresOf(onnx, [1, 32, 32]), yield* featuresOf(onnx, [5, 32, 32])]
      expect(five.data.subarray(0, one.data.length)).toEqual(one.data)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("is compared on images of its own size that are drawn, where none are given", () =>
    Effect.gen(function* () {
      const { onnx } = yield* runWhole(randomConv, {}, { depth: 2, side: 32 })
      const made = yield* convert(onnx[0] ?? new Uint8Array(0), { to: "fp16" })
      expect(made).toMatchObject({ images: 16, drawn: "seeded", weights: 4 })
      expect(made.leastCosine).toBeGreaterThan(1 - 1e-5)
      const again = yield* convert(onnx[0] ?? new Uint8Array(0), { to: "fp16" })
      expect(again).toEqual(made)
    }).pipe(Effect.provide(layer)),
  )

  it.effect("is no such thing where there are no weights to convert", () =>
    Effect.gen(function* () {
      const original = yield* encoderOf("resnet18.safetensors")
      const half = yield* convert(original, { to: "fp16" }, [1, 32, 32])
      const error = yield* Effect.flip(convert(half.onnx, { to: "int8" }, [1, 32, 32]))
      expect(error).toMatchObject({ _tag: "StageError", hint: "take the file in float32" })
      const old = edited(original, (found) => {
        for (const one of found.opsetImport) if (one.domain === "") one.version = 9n
      })
      expect((yield* Effect.flip(convert(old, { to: "int8" }, [1, 32, 32]))).message).toContain("opset 9")
    }).pipe(Effect.provide(layer)),
  )
})

describe("a node of it", () => {
  it("is called after the encoder that it is made of", () => {
    const half = precision(checkpoint({ file: "models/moco.pth" }), { to: "fp16" })
    expect(half.label).toMatch(/^moco.* fp16$/u)
    expect(precision({ encoder: randomConv({ depth: 2 }) }, { to: "int8" }).label).toBe("randomConv2 int8")
  })

  it("stands for a published model's encoder where that is asked for, fed as its authors feed it", () => {
    const { images } = imageFolder({ dir: "images" })
    const made = model("moco-v3/resnet50", "r-50.pth", { precision: "fp16" })
    expect(made.encoder).toMatchObject({ label: "moco-v3/resnet50 fp16", params: { to: "fp16", ...imagenet } })
    expect(made.features(images).inputs["encoder"]).toBe(made.encoder)
    expect(model("moco-v3/resnet50", "r-50.pth").encoder.label).toBe("moco-v3/resnet50")
  })
})

describe("what is recorded of it", () => {
  it("is what the report reads", () => {
    const beside = Object.fromEntries(Converted.aside.map((name) => [name, Reflect.get(Converted.columns, name)]))
    expect(Recorded.columns).toEqual(beside)
    expect(Recorded.name).toBe(Converted.name)
  })

  it("has the cosine of each image's features, and the largest difference against the largest feature", () => {
    const right = { rows: 2, data: Float32Array.of(3, 4, 1, 0) }
    expect(deviation(right, right)).toEqual({ meanCosine: 1, leastCosine: 1, deviation: 0 })
    const found = { rows: 2, data: Float32Array.of(4, 3, 1, 0) }
    const differ = deviation(right, found)
    expect(differ.leastCosine).toBeCloseTo(24 / 25, 10)
    expect(differ.meanCosine).toBeCloseTo(49 / 50, 10)
    expect(differ.deviation).toBeCloseTo(1 / 4, 10)
  })
})
