import { create } from "@bufbuild/protobuf"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Proto from "../../src/onnx/proto.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { extract } from "../../stages/extract.ts"
import { Encoder } from "../../stages/tables.ts"
import { openRows, readerOf } from "../harness.ts"
import { means } from "./encoders.ts"
import { layer, colours, run, rows, error, edited } from "./extracting.ts"

describe("what goes wrong", () => {
  it.effect("images of another size", () =>
    Effect.gen(function* () {
      const found = yield* error(yield* means({ sides: [32, 48] }))
      expect(found.message).toBe("the encoder takes images of 32 x 48, and these are 4 x 6")
      expect((yield* error(yield* means({ layout: "nhwc", sides: ["h", 48] }))).message).toContain("any x 48")
    }),
  )

  it.effect("a size that only the model's inside knows of", () =>
    Effect.gen(function* () {
      const g = Graph.make("fixed")
      const x = g.input("x", "float32", ["n", 3, "h", "w"])
      const flat = g.op("Reshape", [x, g.constant(Tensor.int64([2], [-1, 3 * 32 * 32]))])
      g.output("features", flat, "float32", ["n", 3 * 32 * 32])
      const onnx = yield* g.bytes
      const found = yield* error(onnx)
      expect(found.message).toMatch(/^the encoder fails on images of 4 x 6: .*[Rr]eshape/)
      expect(found.hint).toContain("another size")
      const eight = yield* error(
        onnx,
        {},
        colours(
          Array.from({ length: 4 }, () => [1, 2, 3] as const),
          [16, 16],
        ),
      )
      expect(eight.message).toContain("features of the shape [1, 3072] for 4 images")
    }),
  )

  describe("features that are not finite", () => {
    const of = (op: "Log" | "Reciprocal", batch: Graph.Dimension = "n") => {
      const g = Graph.make("of")
      const row = g.op("Flatten", [g.op("GlobalAveragePool", [g.input("x", "float32", [batch, 3, "h", "w"])])])
      g.output("features", g.op(op, [row]), "float32", [batch, 3])
      return g.bytes
    }
    const bright = Array.from({ length: 100 }, () => [9, 9, 9] as const)

    it.effect("are counted, and the first is named", () =>
      Effect.gen(function* () {
        const pixels = colours([...bright.slice(0, 70), [9, 0, 9], [0, 0, 0], ...bright.slice(0, 28)])
        const infinite = yield* error(yield* of("Reciprocal"), {}, pixels)
        expect(infinite.message).toBe(
          "the encoder gives NaN or infinite features for 2 of 36 images, first for image-70",
        )
        const nan = yield* error(yield* of("Log"), { scale: 1, mean: [5, 5, 5] }, pixels)
        expect(nan.message).toContain("first for image-70")
      }),
    )

    it.effect("are not taken from what fills up a fixed batch", () =>
      Effect.gen(function* () {
        expect(rows(yield* run(yield* of("Reciprocal", 7), {}, colours(bright)))).toHaveLength(100)
      }),
    )
  })

  it.effect("files that are no ONNX models, or hold only a part", () =>
    Effect.gen(function* () {
      const whole = yield* means()
      for (const wrong of [new Uint8Array(0), new TextEncoder().encode("not found"), whole.subarray(0, 90)]) {
        const found = yield* error(wrong)
        expect(found.message).toMatch(/^the encoder is no ONNX model/)
        expect(found.hint).toContain("cut short")
      }
      const external = edited(whole, ({ graph }) => {
        graph?.initializer.push(
          create(Proto.Tensor, {
            name: "w",
            dataLocation: 1,
            externalData: [{ key: "location", value: "model.onnx.data" }],
          }),
        )
      })
      const found = yield* error(external)
      expect(found.message).toContain("model.onnx.data")
      expect(found.hint).toContain("onnxFile")
    }),
  )

  it.effect("a model cut or changed anywhere", () =>
    Effect.gen(function* () {
      const whole = yield* means()
      for (let at = 0; at < whole.length; at += 5) {
        const changed = whole.slice()
        changed[at] = (changed[at] ?? 0) ^ 0xff
        for (const wrong of [whole.subarray(0, at), changed]) {
          const exit = yield* Effect.result(run(wrong))
          if (exit._tag === "Failure") expect(exit.failure._tag).toBe("StageError")
        }
      }
    }),
  )

  it.effect("operators and opsets that onnxruntime does not know", () =>
    Effect.gen(function* () {
      const unknown = edited(yield* means(), ({ graph }) => {
        const node = graph?.node.find(({ opType }) => opType === "GlobalAveragePool")
        if (node !== undefined) node.opType = "GlobalMagic"
      })
      const operator = yield* error(unknown)
      expect(operator.message).toContain("GlobalMagic")
      expect(operator.hint).toContain("older opset")
      const newer = edited(yield* means(), ({ opsetImport }) => {
        for (const known of opsetImport) known.version = 999n
      })
      const opset = yield* error(newer)
      expect(opset.message).toContain("opset 999")
      expect(opset.hint).toContain("older opset")
    }),
  )

  it.effect("an encoder that is not one row", () =>
    Effect.gen(function* () {
      const onnx = yield* means()
      const two = openRows(extract, { encoder: readerOf(Encoder, { onnx: [onnx, onnx] }) })
      expect((yield* Effect.flip(two)).message).toContain("this one has 2")
    }).pipe(Effect.scoped, Effect.provide(layer)),
  )
})
