import { create } from "@bufbuild/protobuf"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Batches from "../../src/arrow/Batch.ts"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Proto from "../../src/onnx/proto.ts"
import { extract } from "../../stages/extract.ts"
import { Encoder, Pixels } from "../../stages/tables.ts"
import { openRows, readerOf } from "../harness.ts"
import { means } from "./encoders.ts"
import { layer, colours, run, rows, error, plain, edited } from "./extracting.ts"

describe("what is fed", () => {
  it.effect("bytes as they are, where nothing is said", () =>
    Effect.gen(function* () {
      const found = yield* run(yield* means())
      expect(found.id).toEqual(["image-0", "image-1"])
      expect(found.features.shape).toEqual([3])
      expect(rows(found)).toEqual(plain)
    }),
  )

  it.effect("mean and std are of values in 0..1, as torchvision lists them", () =>
    Effect.gen(function* () {
      const params = { mean: [0.5, 0.4, 0.2], std: [0.5, 0.2, 0.1] }
      expect(rows(yield* run(yield* means(), params))[0]).toEqual([1, -2, 0])
      expect(rows(yield* run(yield* means(), { mean: [0.5, 0.4, 0.1] }))[0]).toEqual([0.5, -0.4, 0.1])
      expect(rows(yield* run(yield* means(), { std: [0.5, 0.5, 0.1] }))[0]).toEqual([2, 0, 2])
    }),
  )

  it.effect("scale alone, and with a mean in its own units", () =>
    Effect.gen(function* () {
      expect(rows(yield* run(yield* means(), { scale: 1 / 255 }))[0]).toEqual([1, 0, 0.2])
      const params = { scale: 1, mean: [128, 128, 128] }
      expect(rows(yield* run(yield* means(), params))).toEqual([
        [127, -128, -77],
        [-118, -108, -98],
      ])
      expect(rows(yield* run(yield* means(), { scale: 2, mean: [1, 2, 3], std: [1, 2, 3] }))[1]).toEqual([19, 19, 19])
    }),
  )

  it.effect("blue first, with mean and std in that order", () =>
    Effect.gen(function* () {
      expect(rows(yield* run(yield* means(), { channels: "bgr" }))[1]).toEqual([30, 20, 10])
      const params = { channels: "bgr", scale: 1, mean: [1, 2, 3] }
      expect(rows(yield* run(yield* means(), params))[1]).toEqual([29, 18, 7])
      expect(rows(yield* run(yield* means({ layout: "nhwc" }), params))[1]).toEqual([29, 18, 7])
    }),
  )

  const types = ["uint8", "float16", "float32", "float64"] as const
  const layouts = ["nchw", "nhwc"] as const
  for (const type of types) {
    for (const layout of layouts) {
      it.effect(`${type} in ${layout}`, () =>
        Effect.gen(function* () {
          expect(rows(yield* run(yield* means({ type, layout })))).toEqual(plain)
          if (type === "uint8") return
          const params = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }
          const [first] = rows(yield* run(yield* means({ type, layout }), params))
          for (const [i, value] of [1, -1, -0.6].entries()) expect(first?.[i]).toBeCloseTo(value, 2)
        }),
      )
    }
  }

  it.effect("a model that takes bytes normalises by itself", () =>
    Effect.gen(function* () {
      const found = yield* error(yield* means({ type: "uint8" }), { mean: [0.5, 0.5, 0.5] })
      expect(found.message).toContain("takes bytes")
    }),
  )

  it.effect("params out of range are refused", () =>
    Effect.gen(function* () {
      const decode = Schema.decodeUnknownEffect(extract.params)
      for (const wrong of [
        { std: [0, 1, 1] },
        { mean: [0.5] },
        { scale: -1 },
        { layout: "hwc" },
        { channels: "grey" },
      ]) {
        yield* Effect.flip(decode(wrong))
      }
    }),
  )
})

describe("batches", () => {
  const values = Array.from({ length: 150 }, (_, i) => [i, 255 - i, (i * 7) % 256] as const)
  const many = colours(values)

  for (const batch of [undefined, 1, 7, 100]) {
    it.effect(`150 images through a model of batch ${batch ?? "any"}`, () =>
      Effect.gen(function* () {
        const onnx = yield* means(batch === undefined ? {} : { batch })
        const found = yield* run(onnx, {}, many)
        expect(found.id).toEqual(many.id)
        expect(rows(found)).toEqual(values.map((value) => [...value]))
      }),
    )
  }

  it.effect("large images, a few at a time", () =>
    Effect.gen(function* () {
      const large = colours(values.slice(0, 5), [300, 400])
      expect(rows(yield* run(yield* means(), {}, large))).toEqual(values.slice(0, 5).map((value) => [...value]))
    }),
  )

  it.effect("none", () =>
    Effect.gen(function* () {
      const none = { id: [], pixels: { shape: [0], data: new Uint8Array(0) } }
      const step = yield* openRows(extract, { encoder: readerOf(Encoder, { onnx: [yield* means()] }) })
      expect(yield* step(none)).toEqual({ id: [], features: { shape: [0], data: new Float32Array(0) } })
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )

  it.effect.prop(
    "pixels that are a part of larger memory",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 149 })),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 })),
    ],
    ([start, count]) =>
      Effect.gen(function* () {
        const part = Batches.slice(Pixels, many, start, Math.min(start + count, 150))
        const found = yield* run(yield* means(), {}, part)
        expect(rows(found)).toEqual(values.slice(start, start + count).map((value) => [...value]))
      }),
    { arbitrary: { runs: 10 } },
  )
})

describe("which output", () => {
  it.effect("the one that is named", () =>
    Effect.gen(function* () {
      const onnx = yield* means({
        outputs: [
          ["features", "row"],
          ["logits", "scaled"],
        ],
      })
      expect(rows(yield* run(onnx, { output: "logits" }))[1]).toEqual([100, 200, 300])
    }),
  )

  it.effect("the one called features, else the only row", () =>
    Effect.gen(function* () {
      const both = yield* means({
        outputs: [
          ["logits", "scaled"],
          ["features", "row"],
        ],
      })
      expect(rows(yield* run(both))).toEqual(plain)
      const only = yield* means({
        outputs: [
          ["attention", "tokens"],
          ["embedding", "row"],
          ["map", "map"],
        ],
      })
      expect(rows(yield* run(only))).toEqual(plain)
    }),
  )

  for (const layout of ["nchw", "nhwc"] as const) {
    it.effect(`a map in ${layout} is averaged`, () =>
      Effect.gen(function* () {
        const outputs = [["last", "map"]] as const
        expect(rows(yield* run(yield* means({ layout, outputs })))).toEqual(plain)
        const fixed = yield* means({ layout, outputs, sides: [4, 4], batch: 2 })
        expect(rows(yield* run(fixed, {}, colours([[1, 2, 3]], [4, 4])))).toEqual([[1, 2, 3]])
      }),
    )
  }

  it.effect("a map of another layout than the input's, where its sides tell", () =>
    Effect.gen(function* () {
      const onnx = yield* means({ layout: "nhwc", sides: [4, 4], outputs: [["last", "planes"]] })
      expect(rows(yield* run(onnx, {}, colours([[1, 2, 3]], [4, 4])))).toEqual([[1, 2, 3]])
    }),
  )

  it.effect("a value within the model, by name", () =>
    Effect.gen(function* () {
      const onnx = edited(yield* means(), ({ graph }) => {
        const [output] = graph?.output ?? []
        const inner = graph?.node.find(({ opType }) => opType === "Flatten")?.output[0]
        graph?.valueInfo.push(
          create(Proto.ValueInfo, { ...(output?.type ? { type: output.type } : {}), name: inner ?? "" }),
        )
      })
      expect(rows(yield* run(onnx, { output: "flatten" }))).toEqual(plain)
    }),
  )

  for (const outputType of ["float16", "float64"] as const) {
    it.effect(`${outputType} becomes float32`, () =>
      Effect.gen(function* () {
        for (const what of ["row", "map"] as const) {
          expect(rows(yield* run(yield* means({ outputType, outputs: [["y", what]] })))).toEqual(plain)
        }
      }),
    )
  }

  it.effect("what leaves a choice, or none, is an error that lists what there is", () =>
    Effect.gen(function* () {
      const several = yield* error(
        yield* means({
          outputs: [
            ["a", "row"],
            ["b", "scaled"],
          ],
        }),
      )
      expect(several.message).toContain("several outputs")
      expect(several.hint).toContain("a float32[batch, 3]; b float32[batch, 3]")
      const missing = yield* error(yield* means(), { output: "embedding" })
      expect(missing.message).toContain("no output embedding")
      expect(missing.hint).toContain("features float32[batch, 3]")
      const tokens = yield* means({ outputs: [["tokens", "tokens"]] })
      for (const params of [{}, { output: "tokens" }]) {
        const found = yield* error(tokens, params)
        expect(found.message).toContain("tokens float32[batch, 3, pixels] is a row a token")
        expect(found.hint).toContain("class token")
      }
      const neither = yield* means({
        outputs: [
          ["one", "tokens"],
          ["two", "tokens"],
        ],
      })
      expect((yield* error(neither)).hint).toContain("one float32[batch, 3, pixels]; two float32[batch, 3, pixels]")
      expect((yield* error(yield* means({ outputs: [["class", "index"]] }))).message).toContain("no floating-point")
    }),
  )
})

describe("which input", () => {
  /** An encoder with two inputs of images, of which it adds up the means. */
  const pair = (dims: ReadonlyArray<Graph.Dimension>) => {
    const g = Graph.make("pair")
    const inputs = ["left", "right"].map((name, i) => g.input(name, "float32", i === 0 ? ["n", 3, "h", "w"] : dims))
    const pools = inputs.map((x) => g.op("GlobalAveragePool", [x]))
    g.output("features", g.op("Flatten", [g.op("Sum", pools)]), "float32", ["n", 3])
    return g.bytes
  }

  it.effect("several, or others beside the images, are errors", () =>
    Effect.gen(function* () {
      const both = yield* pair(["n", 3, "h", "w"])
      expect((yield* error(both)).hint).toContain("left float32[n, 3, h, w]; right float32[n, 3, h, w]")
      expect((yield* error(both, { input: "left" })).message).toContain("wants more than images: right")
      expect((yield* error(both, { input: "middle" })).message).toContain("no input middle")
      expect((yield* error(yield* pair([3]))).message).toContain("wants more than images: right float32[3]")
    }),
  )

  it.effect("a layout that cannot be told is asked for", () =>
    Effect.gen(function* () {
      const g = Graph.make("any")
      const x = g.input("x", "float32", ["n", "c", "h", "w"])
      g.output("features", g.op("Flatten", [g.op("GlobalAveragePool", [x])]), "float32", ["n", "c"])
      const onnx = yield* g.bytes
      expect((yield* error(onnx)).hint).toContain("layout")
      expect(rows(yield* run(onnx, { layout: "nchw" }))).toEqual(plain)
    }),
  )

  it.effect("one without three channels, or for no images at all, is an error", () =>
    Effect.gen(function* () {
      const of = (type: Graph.PortType, dims: ReadonlyArray<Graph.Dimension>) => {
        const g = Graph.make("of")
        g.output("y", g.op("Flatten", [g.input("x", type, dims)]), type, ["n", "m"])
        return g.bytes
      }
      expect((yield* error(yield* of("float32", ["n", 1, 28, 28]))).message).toContain("no axis of 3 channels")
      expect((yield* error(yield* of("float32", ["n", 4, "h", "w"]), { layout: "nchw" })).message).toContain(
        "4 channels",
      )
      expect((yield* error(yield* of("float32", ["n", 77]))).message).toContain("takes no images")
      expect((yield* error(yield* of("int64", ["n", 3, 8, 8]))).message).toContain("int64")
    }),
  )
})
