/** Converts small networks and runs them. */
import * as Effect from "effect/Effect"
import * as Graph from "../../../src/onnx/Graph.ts"
import * as Proto from "../../../src/onnx/proto.ts"
import * as Session from "../../../src/onnx/Session.ts"
import * as Tensor from "../../../src/onnx/Tensor.ts"
import { convert, type Precision } from "../../../stages/precision/convert.ts"
import { halves } from "../../../stages/precision/halves.ts"
import { halfToFloat } from "../../../stages/probes/half.ts"

/** A number as float16 has it. */
export const half = (x: number): number => halfToFloat(halves(Float32Array.of(x)))[0] ?? NaN

/** The operators of a model, in their order. */
export const operators = (onnx: Uint8Array): ReadonlyArray<string> =>
  (Proto.decode(onnx).graph?.node ?? []).map(({ opType }) => opType)

/** The element type of each weight, by name. */
export const weightTypes = (onnx: Uint8Array): Readonly<Record<string, number>> =>
  Object.fromEntries((Proto.decode(onnx).graph?.initializer ?? []).map(({ dataType, name }) => [name, dataType]))

/** The model with something else in it. */
export const edited = (onnx: Uint8Array, edit: (model: Proto.Proto<"ModelProto">) => void): Uint8Array => {
  const model = Proto.decode(onnx)
  edit(model)
  return Proto.encode(model)
}

/** What a model makes of `x`. */
export const run = Effect.fnUntraced(function* (
  onnx: Uint8Array,
  dims: ReadonlyArray<number>,
  x: ReadonlyArray<number> | Float32Array,
  name = "features",
) {
  const session = yield* Session.open(onnx, { thread: "caller" })
  const found = yield* session.run({ x: Tensor.float32(dims, x) }, { [name]: "float32" })
  return found[name]?.data ?? new Float32Array(0)
}, Effect.scoped)

/** A graph from `x` to `features`. */
export const graph = (
  dims: ReadonlyArray<number | string>,
  build: (g: Graph.Graph, x: Graph.Value) => Graph.Value,
  out: ReadonlyArray<number | string> = ["rows", "width"],
): Effect.Effect<Uint8Array> => {
  const g = Graph.make("small")
  g.output("features", build(g, g.input("x", "float32", dims)), "float32", out)
  return g.bytes
}

export const converted = Effect.fnUntraced(function* (onnx: Uint8Array, to: Precision) {
  return (yield* convert(onnx, to)).onnx
})
