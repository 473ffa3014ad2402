import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Model from "../../../src/onnx/Model.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { convert } from "../../../stages/precision/convert.ts"
import { converted, edited, graph, operators, run, weightTypes } from "./networks.ts"

const [float32, uint8] = [1, 2]

const even = (x: number): number => {
  const low = Math.floor(x)
  return x - low === 0.5 ? low + (low % 2) : Math.round(x)
}

/** `DynamicQuantizeLinear` as ONNX defines it, then back: what a product sees of its input. */
const seen = (x: ReadonlyArray<number>): ReadonlyArray<number> => {
  const [low, high] = [Math.min(0, ...x), Math.max(0, ...x)]
  const scale = Math.fround((high - low) / 255)
  const zero = Math.max(0, Math.min(255, even(-low / scale)))
  return x.map((value) => (Math.max(0, Math.min(255, even(value / scale) + zero)) - zero) * scale)
}

/** Weights in 8 bits by their channel's scale. */
const stored = (w: ReadonlyArray<number>): ReadonlyArray<number> => {
  const scale = Math.max(...w.map(Math.abs)) / 127
  return w.map((value) => even(value / scale) * scale)
}

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0)

const x = [0.3, -1.2, 2.5]
/** A list a channel. */
const channels = [
  [0.5, -0.25, 0.1],
  [-30, 20, 7],
]
const bias = [10, -20]
const expected = channels.map((w, i) => dot(seen(x), stored(w)) + (bias[i] ?? 0))

const near = (found: Float32Array, wanted: ReadonlyArray<number>) => {
  expect(found).toHaveLength(wanted.length)
  found.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 4))
}

describe("an encoder in 8 bits", () => {
  it.effect("multiplies by a matrix as ONNX's definitions say", () =>
    Effect.gen(function* () {
      const columns = [0, 1, 2].flatMap((i) => channels.map((w) => w[i] ?? 0))
      const onnx = yield* converted(
        yield* graph(["rows", 3], (g, x) => {
          const product = g.op("MatMul", [x, g.constant(Tensor.float32([3, 2], columns), "w")])
          return g.op("Add", [product, g.constant(Tensor.float32([2], bias), "b")])
        }),
        "int8",
      )
      expect(operators(onnx)).toEqual(["DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul", "Mul", "Add"])
      expect(weightTypes(onnx)).toEqual({ b: float32, zero: uint8, "w/int8": uint8, "w/scales": float32 })
      near(yield* run(onnx, [1, 3], x), expected)
    }),
  )

  it.effect.each([0, 1])("does so for a linear layer, transposed: %s", (transB) =>
    Effect.gen(function* () {
      const values = transB === 1 ? channels.flat() : [0, 1, 2].flatMap((i) => channels.map((w) => w[i] ?? 0))
      const onnx = yield* converted(
        yield* graph(["rows", 3], (g, x) => {
          const w = g.constant(Tensor.float32(transB === 1 ? [2, 3] : [3, 2], values))
          return g.op("Gemm", [x, w, g.constant(Tensor.float32([2], bias))], { transB })
        }),
        "int8",
      )
      expect(operators(onnx)).toContain("MatMulInteger")
      near(yield* run(onnx, [1, 3], x), expected)
    }),
  )

  it.effect("convolves so, with its strides and borders, and adds the bias in float32", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(
          ["batch", 1, 1, 3],
          (g, x) => {
            const w = g.constant(Tensor.float32([2, 1, 1, 3], channels.flat()))
            return g.op("Conv", [x, w, g.constant(Tensor.float32([2], bias))], { pads: [0, 1, 0, 1], strides: [1, 2] })
          },
          ["batch", 2, 1, 2],
        ),
        "int8",
      )
      const [a = 0, b = 0, c = 0] = seen(x)
      const wanted = channels.flatMap((w, i) =>
        [
          [0, a, b],
          [b, c, 0],
        ].map((window) => dot(window, stored(w)) + (bias[i] ?? 0)),
      )
      near(yield* run(onnx, [1, 1, 1, 3], x), wanted)
    }),
  )

  it.effect("quantises an input once for all that take it, and keeps weights that something else takes", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(["rows", 2], (g, x) => {
          const w = g.constant(Tensor.float32([2, 2], [1, 2, 3, 4]), "w")
          const product = g.op("MatMul", [x, w])
          return g.op("Add", [g.op("MatMul", [x, w]), g.op("Add", [product, g.op("ReduceMean", [w])])])
        }),
        "int8",
      )
      expect(operators(onnx).filter((type) => type === "DynamicQuantizeLinear")).toHaveLength(1)
      expect(Object.keys(weightTypes(onnx)).toSorted()).toEqual(["w", "w/int8", "w/scales", "zero"])
      expect((yield* run(onnx, [1, 2], [1, 1]))[0]).toBeCloseTo(10.5, 1)
    }),
  )

  it.effect("leaves in float32 what is no product with a weight: attention, factors, matrices of three axes", () =>
    Effect.gen(function* () {
      const original = yield* graph(["rows", 2], (g, x) => {
        const w = g.constant(Tensor.float32([2, 2], [1, 0, 0, 1]))
        const two = g.op("Gemm", [x, w], { alpha: Graph.float(2) })
        return g.op("Add", [g.op("MatMul", [two, g.op("Transpose", [two])]), g.op("MatMul", [x, w])])
      })
      const onnx = yield* converted(original, "int8")
      expect(operators(onnx).filter((type) => type === "Gemm" || type === "MatMul")).toEqual(["Gemm", "MatMul"])
    }),
  )

  it.effect("is fed images one by one, unless their number is fixed", () =>
    Effect.gen(function* () {
      const of = Effect.fnUntraced(function* (batch: number | string) {
        const w = Tensor.float32([1, 3, 1, 1], [1, 2, 3])
        const g = yield* graph([batch, 3, "height", "width"], (g, x) => g.op("Conv", [x, g.constant(w)]))
        return (yield* Model.read(yield* converted(g, "int8"))).inputs[0]?.dims
      })
      expect(yield* of("batch")).toEqual([1, 3, "height", "width"])
      expect(yield* of(4)).toEqual([4, 3, "height", "width"])
    }),
  )

  it.effect("is a quarter as large", () =>
    Effect.gen(function* () {
      const original = yield* graph(["rows", 64], (g, x) =>
        g.op("MatMul", [x, g.constant(Tensor.float32([64, 512], new Float32Array(64 * 512).fill(0.5)))]),
      )
      const { onnx, weights } = yield* convert(original, "int8")
      expect(weights).toBe(1)
      expect(onnx.length / original.length).toBeLessThan(0.27)
    }),
  )
})

describe("what cannot be converted", () => {
  const small = graph(["rows", 2], (g, x) => g.op("MatMul", [x, g.constant(Tensor.float32([2, 1], [1, 2]))]))
  const error = (onnx: Uint8Array, to: "fp16" | "int8" = "int8") => Effect.flip(convert(onnx, to))

  it.effect("is said, with what to do", () =>
    Effect.gen(function* () {
      const onnx = yield* small
      const opset = (version: bigint) =>
        edited(onnx, (model) => {
          for (const one of model.opsetImport) one.version = version
        })
      expect(yield* error(opset(10n))).toMatchObject({
        message: "the encoder's operators are of opset 10, and to convert it they must be of 11 or a later one",
        hint: expect.stringContaining("version_converter"),
      })
      const none = edited(onnx, (model) => {
        model.opsetImport = []
      })
      expect((yield* error(none)).message).toContain("does not say which opset")
      for (const to of ["fp16", "int8"] as const) {
        expect((yield* error(yield* converted(onnx, "int8"), to)).message).toContain("quantised already")
        expect((yield* error(yield* converted(onnx, "fp16"), to)).message).toContain("in 16 bits already")
        const bare = yield* graph(["rows", 2], (g, x) => g.op("Relu", [x]))
        expect((yield* error(bare, to)).message).toContain("no weights in float32")
      }
      const sum = yield* graph(["rows", 2], (g, x) => g.op("Add", [x, g.constant(Tensor.float32([1], [1]))]))
      expect((yield* error(sum)).message).toContain("nothing to quantise")
    }),
  )
})
