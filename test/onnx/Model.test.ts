import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { create } from "@bufbuild/protobuf"
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Model from "../../src/onnx/Model.ts"
import * as Proto from "../../src/onnx/proto.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"

const bytes = () => {
  const g = Graph.make("model")
  const x = g.input("x", "uint8", ["rows", 3, 8, 8])
  const scale = g.constant(Tensor.float32([1], [0.5]), "scale")
  g.output("y", g.op("Mul", [g.op("Cast", [x], { to: 1 }), scale]), "float32", ["rows", 3, 8, 8])
  return g.bytes
}

describe("Model.read", () => {
  it.effect("says what a model takes, gives and holds", () =>
    Effect.gen(function* () {
      expect(yield* Model.read(yield* bytes())).toEqual({
        producer: "",
        opsets: new Map([["", 21]]),
        inputs: [{ name: "x", type: "uint8", dims: ["rows", 3, 8, 8] }],
        outputs: [{ name: "y", type: "float32", dims: ["rows", 3, 8, 8] }],
        values: [{ name: "cast", type: "other", dims: undefined }],
        initialisers: ["scale"],
        external: [],
      })
    }),
  )

  it.effect("leaves inputs that have an initial value out", () =>
    Effect.gen(function* () {
      const model = Proto.decode(yield* bytes())
      model.graph?.input.push(create(Proto.ValueInfo, { name: "scale" }))
      expect((yield* Model.read(Proto.encode(model))).inputs.map(({ name }) => name)).toEqual(["x"])
    }),
  )

  it.effect("tells an unknown rank from no axes, and names other types", () =>
    Effect.gen(function* () {
      const model = Proto.decode(yield* bytes())
      model.graph?.output.push(
        create(Proto.ValueInfo, { name: "any", type: { tensorType: { elemType: 10 } } }),
        create(Proto.ValueInfo, { name: "scalar", type: { tensorType: { elemType: 1, shape: {} } } }),
        create(Proto.ValueInfo, { name: "list" }),
      )
      expect((yield* Model.read(Proto.encode(model))).outputs.slice(1)).toEqual([
        { name: "any", type: "float16", dims: undefined },
        { name: "scalar", type: "float32", dims: [] },
        { name: "list", type: "other", dims: undefined },
      ])
    }),
  )

  it.effect("describes values that lie between, as far as the model does", () =>
    Effect.gen(function* () {
      const model = Proto.decode(yield* bytes())
      const type = { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 3n }] } } }
      model.graph?.valueInfo.push(
        create(Proto.ValueInfo, { name: "cast", type }),
        create(Proto.ValueInfo, { name: "no" }),
      )
      expect((yield* Model.read(Proto.encode(model))).values).toEqual([
        { name: "cast", type: "float32", dims: ["n", 3] },
      ])
    }),
  )

  it.effect("finds weights that lie in other files, within bodies, constants and functions too", () =>
    Effect.gen(function* () {
      const model = Proto.decode(yield* bytes())
      const outside = (name: string, location: string) =>
        create(Proto.Tensor, {
          name,
          dataType: 22,
          dims: [3n, 1n],
          dataLocation: 1,
          externalData: [
            { key: "location", value: location },
            { key: "length", value: "2" },
          ],
        })
      const body = create(Proto.Graph, { initializer: [outside("b", "inner.data")] })
      const constant = create(Proto.Node, {
        output: ["d"],
        attribute: [{ name: "value", t: outside("", "model.data") }],
      })
      model.graph?.initializer.push(outside("a", "model.data"))
      model.graph?.node.push(
        create(Proto.Node, { opType: "If", attribute: [{ name: "then_branch", g: body }] }),
        create(Proto.Node, { opType: "Odd", attribute: [{ name: "e", tensors: [outside("e", "e.data")] }] }),
      )
      model.functions = create(Proto.Model, { functions: [{ node: [constant] }] }).functions
      const { external } = yield* Model.read(Proto.encode(model))
      expect(external.map(({ location, tensor }) => [tensor, location])).toEqual([
        ["a", "model.data"],
        ["b", "inner.data"],
        ["e", "e.data"],
        ["d", "model.data"],
      ])
      const said = { type: "int4", dims: [3, 1], bytes: 2, offset: undefined, length: "2" }
      expect(external[0]).toEqual({ tensor: "a", location: "model.data", ...said })
    }),
  )

  it.effect("refuses what is no model", () =>
    Effect.gen(function* () {
      const text = new TextEncoder().encode("<html>not found</html>")
      for (const wrong of [new Uint8Array(0), text, (yield* bytes()).subarray(0, 60)]) {
        expect(yield* Effect.flip(Model.read(wrong))).toMatchObject({ _tag: "ModelError" })
      }
    }),
  )

  it.effect.prop(
    "refuses or reads any bytes, and never dies",
    [Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))],
    ([values]) => Effect.asVoid(Effect.result(Model.read(Uint8Array.from(values)))),
  )

  it.effect("refuses or reads a model cut anywhere", () =>
    Effect.gen(function* () {
      const whole = yield* bytes()
      for (let length = 0; length < whole.length; length++) {
        yield* Effect.result(Model.read(whole.subarray(0, length)))
      }
    }),
  )
})

describe("proto", () => {
  it.effect("keeps fields that it does not know, and equal bytes", () =>
    Effect.gen(function* () {
      const field = new BinaryWriter().tag(14, WireType.LengthDelimited).string("metadata").finish()
      const written = Proto.encode(Proto.decode(new Uint8Array([...(yield* bytes()), ...field])))
      expect(Proto.encode(Proto.decode(written))).toEqual(written)
      expect(Buffer.from(written).includes("metadata")).toBe(true)
      const g = Graph.around(written)
      g.feed("x", g.input("z", "uint8", ["rows", 3, 8, 8]))
      g.output("w", g.value("y"), "float32", ["rows", 3, 8, 8])
      expect(Buffer.from(yield* g.bytes).includes("metadata")).toBe(true)
    }),
  )
})
