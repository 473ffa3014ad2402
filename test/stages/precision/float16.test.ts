import { create } from "@bufbuild/protobuf"
import { WireType } from "@bufbuild/protobuf/wire"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Model from "../../../src/onnx/Model.ts"
import * as Proto from "../../../src/onnx/proto.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { convert } from "../../../stages/precision/convert.ts"
import { converted, edited, graph, half, operators, run, weightTypes } from "./networks.ts"

const [float32, float16] = [1, 10]

const weights = [0.1, -2.7, 3.3, 1e-9, 1e6, 0.3]
const linear = graph(["rows", 2], (g, x) => g.op("MatMul", [x, g.constant(Tensor.float32([2, 3], weights), "weights")]))

/** Equal but for float16's rounding of what is fed and computed: not all processors have that arithmetic. */
const near = (found: Float32Array, wanted: ReadonlyArray<number>) => {
  expect(found).toHaveLength(wanted.length)
  found.forEach((x, i) => expect(Math.abs(x / (wanted[i] ?? NaN) - 1)).toBeLessThan(2 ** -9))
}

describe("an encoder in float16", () => {
  it.effect(
    "multiplies by float16s, those too large made the largest and those too small the smallest, between inputs and outputs in float32",
    () =>
      Effect.gen(function* () {
        const onnx = yield* converted(yield* linear, "fp16")
        const { inputs, outputs } = yield* Model.read(onnx)
        expect([...inputs, ...outputs].map(({ type }) => type)).toEqual(["float32", "float32"])
        expect(weightTypes(onnx)).toEqual({ weights: float16 })
        expect(operators(onnx)).toEqual(["Cast", "MatMul", "Cast"])
        const w = weights.map(half)
        near(
          yield* run(onnx, [1, 2], [0.1, 0.01]),
          [0, 1, 2].map((i) => 0.1 * (w[i] ?? 0) + 0.01 * (w[i + 3] ?? 0)),
        )
      }),
  )

  it.effect("keeps in float32 what squares or sums up many numbers, and the weights that only that takes", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(["rows", 2], (g, x) => {
          const wide = g.op("Mul", [x, g.constant(Tensor.float32([], [3]), "three")])
          const squares = g.op("Pow", [wide, g.constant(Tensor.float32([], [2]), "two")])
          const sum = g.op("ReduceSum", [squares, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
          return g.op("Div", [wide, g.op("Sqrt", [sum])])
        }),
        "fp16",
      )
      expect(weightTypes(onnx)).toMatchObject({ three: float16, two: float32 })
      // The squares, 9e4 and 16e4, are beyond float16; their root is not.
      const [a, b] = yield* run(onnx, [1, 2], [100, 133.3333])
      expect(a).toBeCloseTo(0.6, 3)
      expect(b).toBeCloseTo(0.8, 3)
    }),
  )

  it.effect("keeps a number times itself in float32", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(["rows", 1], (g, x) => {
          const wide = g.op("Mul", [x, g.constant(Tensor.float32([], [2]))])
          const square = g.op("Mul", [wide, wide])
          return g.op("ReduceMean", [square, g.constant(Tensor.int64([1], [1]))], { keepdims: 1 })
        }),
        "fp16",
      )
      expect([...(yield* run(onnx, [1, 1], [200]))]).toEqual([160_000])
    }),
  )

  it.effect("reckons with sizes in float32: beyond 2048 float16 has no odd numbers", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(["rows", "width"], (g, x) => {
          const size = g.op("Cast", [g.op("Shape", [x])], { to: float32 })
          const count = g.op("Cast", [g.op("Mul", [size, g.constant(Tensor.float32([2], [1, 1]))])], { to: 7 })
          const scaled = g.op("Mul", [x, g.constant(Tensor.float32([], [1]))])
          return g.op("Reshape", [scaled, count])
        }),
        "fp16",
      )
      expect(yield* run(onnx, [1, 2051], new Float32Array(2051))).toHaveLength(2051)
    }),
  )

  it.effect("gives bodies what they take from around them in float32", () =>
    Effect.gen(function* () {
      const onnx = yield* converted(
        yield* graph(["rows", 2], (g, x) => {
          const scaled = g.op("Mul", [x, g.constant(Tensor.float32([], [0.1]), "tenth")])
          const sum = g.op("ReduceMax", [scaled], { keepdims: 0 })
          const positive = g.op("Greater", [sum, g.constant(Tensor.float32([], [0]))])
          const branch = (name: string, by: number) => {
            const body = g.body(name)
            const y = body.op("Mul", [scaled, body.constant(Tensor.float32([], [by]))])
            body.output("y", y, "float32", ["rows", 2])
            return body
          }
          const chosen = g.op("If", [positive], { then_branch: branch("then", 10), else_branch: branch("else", -10) })
          return g.op("Relu", [chosen])
        }),
        "fp16",
      )
      expect(weightTypes(onnx)).toMatchObject({ tenth: float16 })
      const found = yield* run(onnx, [1, 2], [3, 5])
      expect([...found].map((x) => Math.round(x * 100) / 100)).toEqual([3, 5])
    }),
  )

  it.effect("takes constants, numbers that are listed, casts to float32 and opset 11", () =>
    Effect.gen(function* () {
      const onnx = edited(yield* linear, (model) => {
        const { graph } = model
        const [held] = graph?.initializer ?? []
        const [product] = graph?.node ?? []
        if (graph === undefined || held === undefined || product === undefined) return
        for (const one of model.opsetImport) one.version = 11n
        model.irVersion = 3n
        // The weights as a list of numbers: field 4, packed, its length before them.
        const list = create(Proto.Tensor, { name: held.name, dims: held.dims, dataType: float32 })
        const data = Uint8Array.of(held.rawData.length, ...held.rawData)
        list.$unknown = [{ no: 4, wireType: WireType.LengthDelimited, data }]
        graph.initializer = [list]
        // And a bias as a constant.
        const bias = create(Proto.Tensor, {
          dims: [1n],
          dataType: float32,
          rawData: new Uint8Array(Float32Array.of(0.1).buffer),
        })
        const [name = ""] = product.output
        product.output = ["product"]
        graph.node.push(
          create(Proto.Node, {
            opType: "Constant",
            output: ["bias"],
            attribute: [create(Proto.Attribute, { name: "value", type: 4, t: bias })],
          }),
          create(Proto.Node, {
            opType: "Cast",
            input: ["product"],
            output: ["same"],
            attribute: [create(Proto.Attribute, { name: "to", type: 2, i: 1n })],
          }),
          create(Proto.Node, { opType: "Add", input: ["same", "bias"], output: [name] }),
        )
      })
      const before = yield* run(onnx, [1, 2], [1, 0])
      expect(before[0]).toBeCloseTo(0.2, 6)
      const half16 = yield* converted(onnx, "fp16")
      expect(weightTypes(half16)).toEqual({ weights: float16, bias: float16 })
      near(
        yield* run(half16, [1, 2], [1, 0]),
        weights.slice(0, 3).map((w) => half(w) + half(0.1)),
      )
    }),
  )

  it.effect("leaves inner values under their names", () =>
    Effect.gen(function* () {
      const g = Graph.make("inner")
      const x = g.input("x", "float32", ["rows", 2])
      const scaled = g.op("Mul", [x, g.constant(Tensor.float32([], [0.1]))])
      g.output("features", g.op("Relu", [scaled]), "float32", ["rows", 2])
      const original = yield* g.bytes
      const onnx = yield* converted(original, "fp16")
      const inner = (bytes: Uint8Array) => (Proto.decode(bytes).graph?.node ?? []).flatMap(({ output }) => output)
      expect(inner(onnx)).toEqual(expect.arrayContaining([...inner(original)]))
    }),
  )

  it.effect("is half as large, and the same for the same encoder", () =>
    Effect.gen(function* () {
      const original = yield* graph(["rows", 64], (g, x) =>
        g.op("MatMul", [x, g.constant(Tensor.float32([64, 256], new Float32Array(64 * 256).fill(0.5)))]),
      )
      const { onnx, weights } = yield* convert(original, "fp16")
      expect(weights).toBe(1)
      expect(onnx.length / original.length).toBeLessThan(0.51)
      expect((yield* convert(original, "fp16")).onnx).toEqual(onnx)
    }),
  )
})
