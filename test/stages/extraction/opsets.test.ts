import { create } from "@bufbuild/protobuf"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Proto from "../../../src/onnx/proto.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { edited } from "../../onnx/outside.ts"
import { complaint, extracted, near, some } from "./images.ts"
import { featuresOf, network } from "./network.ts"

// The IR version that came with each opset, from 7 on.
const irVersions = [3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13]
const oldest = 7

/** The same model as one of another opset. Before IR version 4 weights were inputs with an initial value. */
const of = (onnx: Uint8Array, opset: number, irVersion = irVersions[opset - oldest] ?? 10) =>
  edited(onnx, (model) => {
    model.irVersion = BigInt(irVersion)
    for (const known of model.opsetImport) known.version = BigInt(opset)
    if (irVersion >= 4) return
    for (const { dataType, dims, name } of model.graph?.initializer ?? []) {
      const shape = { dim: dims.map((dimValue) => ({ dimValue })) }
      model.graph?.input.push(create(Proto.ValueInfo, { name, type: { tensorType: { elemType: dataType, shape } } }))
    }
  })

/** Pixels as tokens, `[n, places, 3]`: what opset 18 changed are the axes of a mean. */
const tokens = () => {
  const g = Graph.make("tokens")
  const x = g.input("image", "float32", ["n", 3, "h", "w"])
  const flat = g.op("Reshape", [x, g.constant(Tensor.int64([3], [0, 3, -1]))])
  g.output("tokens", g.op("Transpose", [flat], { perm: [0, 2, 1] }), "float32", ["n", "places", 3])
  return g.bytes
}

const params = { channels: "bgr", scale: 0.5, mean: [1, 2, 3], std: [1, 1, 2] }
const asFed = some.map(([r, g, b]) => [b / 2 - 1, g / 2 - 2, r / 4 - 1.5] as const)

describe.each(irVersions.map((irVersion, i) => ({ irVersion, opset: oldest + i })))(
  "a model of opset $opset, IR version $irVersion",
  ({ opset }) => {
    for (const layout of ["nchw", "nhwc"] as const) {
      it.effect(`with bytes in ${layout}`, () =>
        Effect.gen(function* () {
          const onnx = of(yield* network({ type: "uint8", layout }), opset)
          near(yield* extracted(onnx, { output: "flatten" }), some.map(featuresOf))
        }),
      )

      it.effect(`with numbers in ${layout}`, () =>
        Effect.gen(function* () {
          const onnx = of(yield* network({ layout }), opset)
          const logits = yield* extracted(onnx, params)
          near(
            logits,
            asFed.map((colour) => featuresOf(colour).map((feature) => 2 * feature)),
          )
        }),
      )
    }

    it.effect("with tokens", () =>
      Effect.gen(function* () {
        const onnx = of(yield* tokens(), opset)
        for (const tokens of ["first", "mean"]) {
          near(
            yield* extracted(onnx, { ...params, tokens }),
            asFed.map((colour) => [...colour]),
          )
        }
      }),
    )
  },
)

describe("a model of another opset", () => {
  it.effect("older than any that can be run is an error that says so", () =>
    Effect.gen(function* () {
      for (const opset of [1, 6]) {
        const found = yield* complaint(of(yield* network(), opset, 3))
        expect(found.message).toBe(`the encoder's operators are of opset ${opset}, and the oldest that can be run is 7`)
        expect(found.hint).toContain("convert_version")
      }
      const none = edited(yield* network(), (model) => void (model.opsetImport = []))
      expect((yield* complaint(none)).message).toContain("does not say which opset")
    }),
  )

  it.effect("newer than any that can be run is an error that says so", () =>
    Effect.gen(function* () {
      for (const params of [{}, { output: "flatten" }]) {
        const newer = yield* complaint(of(yield* network(), 99), params)
        expect(newer.message).toMatch(
          /^the encoder's operators are of opset 99, and the newest that can be run is \d+$/u,
        )
        expect(newer.hint).toContain("older opset")
        const format = yield* complaint(of(yield* network(), 22, 99), params)
        expect(format.message).toMatch(
          /^the encoder's file is of IR version 99, and the newest that can be read is \d+$/u,
        )
      }
    }),
  )
})
