import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Graph from "../../src/onnx/Graph.ts"
import * as Model from "../../src/onnx/Model.ts"
import * as Session from "../../src/onnx/Session.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import { edited } from "./outside.ts"

const open = (g: Graph.Graph) => Effect.flatMap(g.bytes, (onnx) => Session.open(onnx, { thread: "caller" }))

const message = (effect: Effect.Effect<unknown, unknown>) =>
  Effect.sandbox(effect).pipe(
    Effect.flip,
    Effect.map((cause) => String(cause)),
  )

const linear = (name = "linear") => {
  const g = Graph.make(name)
  const x = g.input("features", "float32", ["rows", 2])
  const w = g.constant(Tensor.float32([3, 2], [1, 2, 3, 4, 5, 6]), "weights")
  const b = g.constant(Tensor.float32([3], [10, 20, 30]), "bias")
  g.output("scores", g.op("Gemm", [x, w, b], { transB: 1, beta: Graph.float(1) }), "float32", ["rows", 3])
  return g
}

describe("Graph", () => {
  it.effect("makes a model that onnxruntime computes", () =>
    Effect.gen(function* () {
      const session = yield* open(linear())
      expect(session.inputs).toEqual([{ name: "features", type: "float32", dims: ["rows", 2] }])
      expect(session.outputs).toEqual([{ name: "scores", type: "float32", dims: ["rows", 3] }])
      const { scores } = yield* session.run({ features: Tensor.float32([2, 2], [1, 1, 0, 2]) }, { scores: "float32" })
      expect(scores.dims).toEqual([2, 3])
      expect([...scores.data]).toEqual([13, 27, 41, 14, 28, 42])
    }),
  )

  it.effect("gives the same bytes for the same calls", () =>
    Effect.gen(function* () {
      const bytes = yield* linear().bytes
      expect(yield* linear().bytes).toEqual(bytes)
      const twice = linear()
      expect(yield* twice.bytes).toEqual(yield* twice.bytes)
      expect(yield* linear("other").bytes).not.toEqual(bytes)
    }),
  )

  it.effect("gives several outputs of an operator", () =>
    Effect.gen(function* () {
      const g = Graph.make("best")
      const [values, at] = g.ops(
        "TopK",
        [g.input("x", "float32", ["n"]), g.constant(Tensor.int64([1], [2]))],
        { axis: 0 },
        2,
      )
      g.output("values", values, "float32", [2])
      g.output("at", at, "int64", [2])
      const session = yield* open(g)
      const found = yield* session.run({ x: Tensor.float32([4], [3, 9, 1, 7]) }, { values: "float32", at: "int64" })
      expect([...found.values.data]).toEqual([9, 7])
      expect([...found.at.data]).toEqual([1n, 3n])
    }),
  )

  it.effect("leaves optional inputs out", () =>
    Effect.gen(function* () {
      const g = Graph.make("clip")
      const most = g.constant(Tensor.float32([], [2]))
      g.output("y", g.op("Clip", [g.input("x", "float32", ["n"]), undefined, most]), "float32", ["n"])
      const session = yield* open(g)
      const { y } = yield* session.run({ x: Tensor.float32([3], [-5, 1, 5]) }, { y: "float32" })
      expect([...y.data]).toEqual([-5, 1, 2])
    }),
  )

  it.effect("knows attributes of all kinds", () =>
    Effect.gen(function* () {
      const g = Graph.make("attributes")
      const x = g.input("x", "float32", [1, 1, 2, 2])
      const ints = g.op("Conv", [x, g.constant(Tensor.float32([1, 1, 1, 1], [3]))], { kernel_shape: [1, 1], group: 1 })
      const text = g.op("MaxPool", [ints], { auto_pad: "SAME_UPPER", kernel_shape: [2, 2] })
      const real = g.op("Elu", [text], { alpha: Graph.float(1) })
      const floats = g.op("Constant", [], { value_floats: Graph.float([0.5, 1]) })
      const tensor = g.op("Constant", [], { value: Tensor.float32([1], [100]) })
      const none = g.op("Squeeze", [x, g.constant(Tensor.int64([0], []))])
      const words = g.op("Constant", [], { value_strings: ["a", "b", "c"] })
      g.output("pooled", g.op("Add", [real, tensor]), "float32", [1, 1, 2, 2])
      g.output("floats", floats, "float32", [2])
      g.output("words", g.op("Shape", [words]), "int64", [1])
      g.output("same", none, "float32", ["a", "b", "c", "d"])
      const session = yield* open(g)
      const found = yield* session.run(
        { x: Tensor.float32([1, 1, 2, 2], [1, 2, 3, 4]) },
        { pooled: "float32", floats: "float32", words: "int64" },
      )
      expect([...found.pooled.data]).toEqual([112, 112, 112, 112])
      expect([...found.floats.data]).toEqual([0.5, 1])
      expect([...found.words.data]).toEqual([3n])
    }),
  )

  it.effect("takes a fraction for a mistake where it is not marked as floating-point", () =>
    Effect.gen(function* () {
      const g = Graph.make("fraction")
      g.output("y", g.op("Elu", [g.input("x", "float32", [1])], { alpha: 0.5 }), "float32", [1])
      expect(yield* message(g.bytes)).toContain("written float(0.5)")
    }),
  )

  it.effect("makes loops, whose bodies capture outer values and give inputs on", () =>
    Effect.gen(function* () {
      const g = Graph.make("powers")
      const x = g.input("x", "float32", ["n"])
      const steps = g.input("steps", "int64", [])
      const body = g.body("step")
      body.input("i", "int64", [])
      const going = body.input("going", "bool", [])
      const product = body.input("product", "float32", ["n"])
      const next = body.op("Mul", [product, x])
      body.output("going", going, "bool", [])
      body.output("product", next, "float32", ["n"])
      body.output("each", next, "float32", ["n"])
      const ones = g.op("Sub", [x, x])
      const start = g.op("Exp", [ones])
      const [power, each] = g.ops("Loop", [steps, g.constant(Tensor.bool([], [true])), start], { body }, 2)
      g.output("power", power, "float32", ["n"])
      g.output("each", each, "float32", ["steps", "n"])
      const session = yield* open(g)
      const found = yield* session.run(
        { x: Tensor.float32([2], [2, 3]), steps: Tensor.int64([], [3]) },
        { power: "float32", each: "float32" },
      )
      expect([...found.power.data]).toEqual([8, 27])
      expect([...found.each.data]).toEqual([2, 3, 4, 9, 8, 27])
    }),
  )

  it.effect("makes branches, one in another, with names that do not meet", () =>
    Effect.gen(function* () {
      const g = Graph.make("branches")
      const x = g.input("x", "float32", [])
      const zero = g.constant(Tensor.float32([], [0]))
      const branch = (outer: Graph.Graph, make: (b: Graph.Graph) => Graph.Value) => {
        const b = outer.body("branch")
        b.output("y", make(b), "float32", [])
        return b
      }
      const big = branch(g, (b) =>
        b.op("If", [b.op("Greater", [x, b.constant(Tensor.float32([], [10]))])], {
          then_branch: branch(b, () => x),
          else_branch: branch(b, (c) => c.op("Mul", [x, c.constant(Tensor.float32([], [2]))])),
        }),
      )
      const small = branch(g, (b) => b.op("Neg", [x]))
      g.output("y", g.op("If", [g.op("Greater", [x, zero])], { then_branch: big, else_branch: small }), "float32", [])
      const session = yield* open(g)
      for (const [given, wanted] of [
        [20, 20],
        [3, 6],
        [-4, 4],
      ] as const) {
        const { y } = yield* session.run({ x: Tensor.float32([], [given]) }, { y: "float32" })
        expect(y.data[0]).toBe(wanted)
      }
    }),
  )

  it.effect("gives a value out under several names, and inputs as outputs", () =>
    Effect.gen(function* () {
      const g = Graph.make("copies")
      const x = g.input("x", "float32", [2])
      const y = g.op("Neg", [x])
      g.output("a", y, "float32", [2])
      g.output("b", y, "float32", [2])
      g.output("c", x, "float32", [2])
      const session = yield* open(g)
      const found = yield* session.run({ x: Tensor.float32([2], [1, 2]) }, { a: "float32", b: "float32", c: "float32" })
      expect([found.a, found.b, found.c].map(({ data }) => [...data])).toEqual([
        [-1, -2],
        [-1, -2],
        [1, 2],
      ])
    }),
  )

  it.effect("knows operators of other domains", () =>
    Effect.gen(function* () {
      const g = Graph.make("gelu")
      g.output("y", g.op("com.microsoft:Gelu", [g.input("x", "float32", [1])]), "float32", [1])
      const onnx = yield* g.bytes
      expect((yield* Model.read(onnx)).opsets).toEqual(
        new Map([
          ["", 21],
          ["com.microsoft", 1],
        ]),
      )
      const session = yield* Session.open(onnx, { thread: "caller" })
      const { y } = yield* session.run({ x: Tensor.float32([1], [1]) }, { y: "float32" })
      expect(y.data[0]).toBeCloseTo(0.841345, 5)
    }),
  )

  it.effect("refuses one name for two ports", () =>
    Effect.gen(function* () {
      const g = Graph.make("twice")
      g.output("x", g.op("Neg", [g.input("x", "float32", [1])]), "float32", [1])
      expect(yield* message(g.bytes)).toContain("two values of a graph are called x")
    }),
  )

  it.effect("refuses values of another graph, and those made too late", () =>
    Effect.gen(function* () {
      const other = Graph.make("other").input("x", "float32", [1])
      const g = Graph.make("one")
      g.output("y", g.op("Neg", [other]), "float32", [1])
      expect(yield* message(g.bytes)).toContain("a graph uses x before it is made, or of another graph")
    }),
  )

  it.effect("gives constants and operators names around those of the ports", () =>
    Effect.gen(function* () {
      const g = Graph.make("names")
      const x = g.input("constant", "float32", [1])
      const y = g.op("Add", [x, g.constant(Tensor.float32([1], [1]))])
      g.output("neg", g.op("Add", [g.op("Neg", [y]), g.constant(Tensor.float32([1], [2]))]), "float32", [1])
      const session = yield* open(g)
      const { neg } = yield* session.run({ constant: Tensor.float32([1], [5]) }, { neg: "float32" })
      expect(neg.data[0]).toBe(-4)
    }),
  )
})

describe("Graph.around", () => {
  it.effect("puts operators before and after a model", () =>
    Effect.gen(function* () {
      const g = Graph.around(yield* linear().bytes)
      const bytes = g.input("bytes", "uint8", ["rows", 2])
      g.feed("features", g.op("Cast", [bytes], { to: 1 }))
      g.output("best", g.op("ArgMax", [g.value("scores")], { axis: 1, keepdims: 0 }), "int64", ["rows"])
      const onnx = yield* g.bytes
      const model = yield* Model.read(onnx)
      expect(model.inputs.map(({ name }) => name)).toEqual(["bytes"])
      expect(model.outputs.map(({ name }) => name)).toEqual(["best"])
      const session = yield* Session.open(onnx, { thread: "caller" })
      const { best } = yield* session.run({ bytes: Tensor.uint8([1, 2], Uint8Array.of(3, 4)) }, { best: "int64" })
      expect([...best.data]).toEqual([2n])
    }),
  )

  it.effect("feeds an input as it is, and gives what lies within the model", () =>
    Effect.gen(function* () {
      const inner = Graph.make("inner")
      const x = inner.input("x", "float32", [1])
      const y = inner.op("Neg", [x])
      inner.output("y", inner.op("Exp", [y]), "float32", [1])
      const g = Graph.around(yield* inner.bytes)
      g.feed("x", g.input("mine", "float32", [1]))
      g.output("within", g.value("neg"), "float32", [1])
      const session = yield* open(g)
      const { within } = yield* session.run({ mine: Tensor.float32([1], [4]) }, { within: "float32" })
      expect([...within.data]).toEqual([-4])
    }),
  )

  it.effect("keeps apart names that both have", () =>
    Effect.gen(function* () {
      const inner = Graph.make("inner")
      inner.output("neg", inner.op("Neg", [inner.input("x", "float32", [1])]), "float32", [1])
      const g = Graph.around(yield* inner.bytes)
      g.feed("x", g.op("Neg", [g.input("mine", "float32", [1])]))
      g.output("out", g.op("Neg", [g.value("neg")]), "float32", [1])
      const session = yield* open(g)
      const { out } = yield* session.run({ mine: Tensor.float32([1], [4]) }, { out: "float32" })
      expect([...out.data]).toEqual([-4])
    }),
  )

  it.effect("keeps its names apart from those of the model's bodies", () =>
    Effect.gen(function* () {
      const inner = Graph.make("inner")
      const x = inner.input("x", "float32", [1])
      const branch = (name: string, type: string) => {
        const body = inner.body(name)
        body.output("y", body.op("Exp", [body.op(type, [x])]), "float32", [1])
        return body
      }
      const yes = inner.constant(Tensor.bool([], [true]))
      const branches = { then_branch: branch("then", "Abs"), else_branch: branch("else", "Sqrt") }
      inner.output("y", inner.op("If", [yes], branches), "float32", [1])
      const onnx = edited(yield* inner.bytes, ({ graph }) => {
        for (const { attribute } of graph?.node ?? []) {
          for (const { node } of attribute.flatMap(({ g }) => g ?? [])) {
            const [first, second] = node
            if (first !== undefined) first.output = ["neg"]
            if (second !== undefined) second.input = ["neg"]
          }
        }
      })
      const g = Graph.around(onnx)
      g.feed("x", g.op("Neg", [g.op("Neg", [g.input("mine", "float32", [1])])]))
      g.output("out", g.op("Neg", [g.value("y")]), "float32", [1])
      const session = yield* open(g)
      const { out } = yield* session.run({ mine: Tensor.float32([1], [2]) }, { out: "float32" })
      expect(out.data[0]).toBeCloseTo(-Math.exp(2), 4)
    }),
  )
})
