import { create } from "@bufbuild/protobuf"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Proto from "../../../src/onnx/proto.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { edited } from "../../onnx/outside.ts"
import { type Colour, complaint, extracted, near, some } from "./images.ts"
import { featuresOf, network } from "./network.ts"

const expected = some.map(featuresOf)
const places = 64

/** Pixels as tokens, `[n, 64, 3]`, each its place larger than the last: `add` within, `features` beside it. */
const tokens = () => {
  const g = Graph.make("tokens")
  const x = g.input("image", "float32", ["n", 3, 8, 8])
  const flat = g.op("Transpose", [g.op("Reshape", [x, g.constant(Tensor.int64([3], [0, 3, -1]))])], { perm: [0, 2, 1] })
  const ramp = g.constant(
    Tensor.float32(
      [1, places, 1],
      Array.from({ length: places }, (_, i) => i),
    ),
  )
  const all = g.op("Add", [flat, ramp])
  g.output("features", g.op("ReduceMax", [all, g.constant(Tensor.int64([1], [1]))], { keepdims: 0 }), "float32", [
    "n",
    3,
  ])
  return g.bytes
}

const plus = (by: number) => some.map((colour: Colour) => colour.map((value) => value + by))

describe("a value that is no output and that the model does not describe", () => {
  it.effect("a map is averaged", () =>
    Effect.gen(function* () {
      for (const output of ["relu", "maxpool", "globalaveragepool"]) {
        near(yield* extracted(yield* network(), { output }), expected)
      }
      // Before the rectification there are numbers below zero.
      expect((yield* extracted(yield* network(), { output: "conv" }))[1]?.[3]).toBeLessThan(-200)
    }),
  )

  it.effect("a row is taken as it is", () =>
    Effect.gen(function* () {
      near(yield* extracted(yield* network(), { output: "flatten" }), expected)
    }),
  )

  it.effect("a name with slashes, as PyTorch gives them", () =>
    Effect.gen(function* () {
      const onnx = edited(yield* network(), ({ graph }) => {
        for (const { input, output } of graph?.node ?? []) {
          for (const names of [input, output]) {
            for (const [i, name] of names.entries()) if (name === "relu") names[i] = "/layer4/relu_output"
          }
        }
      })
      near(yield* extracted(onnx, { output: "/layer4/relu_output" }), expected)
    }),
  )

  it.effect("of tokens the first or the mean is taken, as is said", () =>
    Effect.gen(function* () {
      const onnx = yield* tokens()
      near(yield* extracted(onnx, { output: "add", tokens: "first" }), plus(0))
      near(yield* extracted(onnx, { output: "add", tokens: "mean" }), plus((places - 1) / 2))
      near(yield* extracted(onnx), plus(places - 1))
    }),
  )

  it.effect("one whose axes only show when it is computed", () =>
    Effect.gen(function* () {
      const g = Graph.make("late")
      const x = g.input("image", "float32", ["n", 3, "h", "w"])
      const row = g.op("Flatten", [g.op("GlobalAveragePool", [x])])
      // How many different numbers there are, no inference of shapes can tell.
      const shape = g.op("Unique", [g.constant(Tensor.int64([3], [3, -1, 3]))])
      const late = g.op("Reshape", [row, shape], {})
      g.output("logits", g.op("Mul", [late, g.constant(Tensor.float32([1], [2]))]), "float32", ["n", 3])
      const onnx = yield* g.bytes
      near(yield* extracted(onnx, { output: "reshape" }), plus(0))
    }),
  )

  it.effect("and an output that says nothing of its axes", () =>
    Effect.gen(function* () {
      const onnx = edited(yield* network(), ({ graph }) => {
        const tensor = graph?.output[0]?.type?.tensorType
        if (tensor !== undefined) delete tensor.shape
      })
      near(
        yield* extracted(onnx),
        expected.map((row) => row.map((value) => 2 * value)),
      )
    }),
  )

  it.effect("where the model describes something else under that name the description does not count", () =>
    Effect.gen(function* () {
      const onnx = edited(yield* network(), ({ graph }) => {
        graph?.valueInfo.push(
          create(Proto.ValueInfo, { name: "gone", type: { tensorType: { elemType: 1, shape: {} } } }),
        )
      })
      expect((yield* complaint(onnx, { output: "gone" })).message).toContain("no output gone")
    }),
  )
})

describe("what cannot be taken", () => {
  it.effect("an unknown name is an error with the nearest ones", () =>
    Effect.gen(function* () {
      const near = yield* complaint(yield* network(), { output: "flaten" })
      expect(near.message).toBe("the encoder has no output flaten, and none of its inner values is called so")
      expect(near.hint).toMatch(/^near it are flatten, /u)
      expect(near.hint).toContain("its outputs are: logits float32[n, 4]")
      const part = yield* complaint(yield* network(), { output: "pool" })
      expect(part.hint).toMatch(/^near it are maxpool, globalaveragepool, |^near it are globalaveragepool, maxpool, /u)
    }),
  )

  it.effect("tokens of which it is not said what to take", () =>
    Effect.gen(function* () {
      const found = yield* complaint(yield* tokens(), { output: "add" })
      expect(found.message).toMatch(/^the encoder's output add float32\[.*, 64, 3\] is a row a token/u)
      expect(found.hint).toContain('tokens: "first"')
    }),
  )

  it.effect("tokens that come before the images", () =>
    Effect.gen(function* () {
      const g = Graph.make("first")
      const x = g.input("image", "float32", ["n", 3, 8, 8])
      const flat = g.op("Reshape", [x, g.constant(Tensor.int64([3], [0, 3, -1]))])
      g.output("features", g.op("Transpose", [flat], { perm: [2, 0, 1] }), "float32", [places, "n", 3])
      const found = yield* complaint(yield* g.bytes, { tokens: "mean" })
      expect(found.message).toContain("features float32[64, n, 3] is 64 long")
    }),
  )

  it.effect("tokens of what has none", () =>
    Effect.gen(function* () {
      for (const [output, axes] of [
        ["flatten", 2],
        ["relu", 4],
      ] as const) {
        const found = yield* complaint(yield* network(), { output, tokens: "mean" })
        expect(found.message).toMatch(new RegExp(`three axes.*${output}.* has ${axes}$`, "u"))
      }
    }),
  )

  it.effect("a value that holds no floating-point numbers, or has one axis", () =>
    Effect.gen(function* () {
      const g = Graph.make("odd")
      const x = g.input("image", "float32", ["n", 3, 8, 8])
      const most = g.op("ArgMax", [g.op("Flatten", [x])], { axis: 1, keepdims: 0 })
      g.output("features", g.op("Flatten", [g.op("GlobalAveragePool", [x])]), "float32", ["n", 3])
      g.output("most", most, "int64", ["n"])
      g.output("real", g.op("Cast", [most], { to: 1 }), "float32", ["n"])
      const onnx = yield* g.bytes
      expect((yield* complaint(onnx, { output: "most" })).message).toContain("no floating-point")
      expect((yield* complaint(onnx, { output: "real" })).message).toContain("neither features")
    }),
  )
})
