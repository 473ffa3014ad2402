import * as Effect from "effect/Effect"
import type {
  Around,
  Attributes,
  Body,
  Dimension,
  Float,
  Operation,
  Parts,
  Port,
  PortType,
  Value,
} from "./GraphParts.ts"
import type { Tensor } from "./Tensor.ts"

export type {
  Around,
  Attribute,
  Attributes,
  Body,
  Dimension,
  Float,
  Operation,
  Parts,
  Port,
  PortType,
  Value,
} from "./GraphParts.ts"

/** As many values as `N` says. */
export type Values<N extends number, Found extends ReadonlyArray<Value> = readonly []> = number extends N
  ? ReadonlyArray<Value>
  : Found["length"] extends N
    ? Found
    : Values<N, readonly [...Found, Value]>

/**
 * A builder of ONNX models, and of the bodies of `Loop`, `If` and `Scan`.
 * Operators are those of opset 21, or `"com.microsoft:Gelu"` for one of another
 * domain (its version 1). Names are given in the order of the calls, so the
 * same calls give the same bytes. Nothing is checked here but names: shapes and
 * types are checked by onnxruntime when the model is opened.
 *
 * @example
 * const g = Graph.make("linear")
 * const x = g.input("features", "float32", ["rows", 64])
 * const w = g.constant(Tensor.float32([10, 64], weights))
 * g.output("scores", g.op("Gemm", [x, w, b], { transB: 1 }), "float32", ["rows", 10])
 * const onnx = yield* g.bytes
 */
export interface Graph extends Body {
  /** Declares an input. In a body the order of the calls is the order of the inputs. */
  input(name: string, type: PortType, dims: ReadonlyArray<Dimension>): Value
  /** A tensor that is part of the model. Its data is copied only when bytes are made. */
  constant(tensor: Tensor, name?: string): Value
  /** The first output of an operator. `undefined` leaves an optional input out. */
  op(type: string, inputs: ReadonlyArray<Value | undefined>, attributes?: Attributes): Value
  /** The first `count` outputs of an operator. @example const [best, at] = g.ops("TopK", [x, k], { axis: 1 }, 2) */
  ops<const N extends number>(
    type: string,
    inputs: ReadonlyArray<Value | undefined>,
    attributes: Attributes,
    count: N,
  ): Values<N>
  /** A graph to be an attribute of an operator here. It may use values of this one: they are captured. */
  body(name: string): Graph
  /** Declares an output. In a body the order of the calls is the order of the outputs. */
  output(name: string, value: Value, type: PortType, dims: ReadonlyArray<Dimension>): void
  /** The bytes of an ONNX file. */
  readonly bytes: Effect.Effect<Uint8Array<ArrayBuffer>>
  /** What it consists of so far. */
  readonly parts: Parts
}

/** A graph around an existing model, whose operators then are those of the model's own opset. */
export interface Wrapping extends Graph {
  /** Gives the model's input `name` a value made here; it is no longer an input from outside. */
  feed(name: string, value: Value): void
  /** What the model calls `name`: an output of it, or any other of its values. */
  value(name: string): Value
}

/** Marks an attribute as floating-point. @example g.op("Gemm", [x, w], { alpha: Graph.float(1) }) */
export const float = (value: number | ReadonlyArray<number>): Float => ({ _tag: "Float", value })

const value = (hint: string): Value => ({ _tag: "Value", hint })

const build = (name: string, around: Around | undefined): Graph => {
  const operations: Array<Operation> = []
  const constants: Array<{ readonly value: Value; readonly tensor: Tensor }> = []
  const inputs: Array<Port> = []
  const outputs: Array<Port> = []
  const parts: Parts = { name, operations, constants, inputs, outputs, around }

  const result = (type: string) => value(type.slice(type.indexOf(":") + 1).toLowerCase())

  return {
    _tag: "Graph",
    parts,
    input(name, type, dims) {
      const made = value(name)
      inputs.push({ name, value: made, type, dims })
      return made
    },
    constant(tensor, name = "constant") {
      const made = value(name)
      constants.push({ value: made, tensor })
      return made
    },
    op: (type, inputs, attributes = {}) => {
      const made = result(type)
      operations.push({ type, inputs, outputs: [made], attributes })
      return made
    },
    ops: <N extends number>(
      type: string,
      inputs: ReadonlyArray<Value | undefined>,
      attributes: Attributes,
      count: N,
    ) => {
      const made = Array.from({ length: count }, () => result(type))
      operations.push({ type, inputs, outputs: made, attributes })
      // A tuple of `count` values: the compiler cannot count.
      return made as unknown as Values<N>
    },
    body: (name) => build(name, undefined),
    output(name, value, type, dims) {
      outputs.push({ name, value, type, dims })
    },
    bytes: Effect.suspend(() => Effect.promise(() => import("./encode.ts"))).pipe(
      Effect.map(({ encode }) => encode(parts)),
    ),
  }
}

/** An empty graph. */
export const make = (name: string): Graph => build(name, undefined)

/**
 * A graph around an existing model, given as bytes of an ONNX file: what is
 * declared here comes before and after it. The model's inputs that are not fed
 * and its outputs are dropped, and with them what only served those outputs.
 */
export const around = (onnx: Uint8Array): Wrapping => {
  const feeds = new Map<string, Value>()
  const values = new Map<string, Value>()
  return {
    ...build("around", { onnx, feeds, values }),
    feed: (name, value) => void feeds.set(name, value),
    value: (name) => {
      const known = values.get(name) ?? value(name)
      values.set(name, known)
      return known
    },
  }
}
