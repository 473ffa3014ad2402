/** What graphs consist of: plain data, which `Graph` collects and `encode` writes. */
import type { Tensor, Type } from "./Tensor.ts"

/** A value within a graph: an input, a constant, or what an operator gives. */
export interface Value {
  readonly _tag: "Value"
  /** What its name is made from. */
  readonly hint: string
}

/** A size along an axis: known, or a name (`"rows"`) where it is known only when the graph runs. */
export type Dimension = number | string

/** The type of an input or output: float16 may be declared, although nothing here feeds or fetches it. */
export type PortType = Type | "float16"

/** A floating-point attribute: in JavaScript `1` and `1.0` are the same, in ONNX they are not. */
export interface Float {
  readonly _tag: "Float"
  readonly value: number | ReadonlyArray<number>
}

/**
 * What an operator is told beside its inputs. Plain numbers are integers and
 * must be whole; others are marked by `Graph.float`. A graph is the body of a
 * `Loop`, `If` or `Scan`.
 */
export type Attribute = number | ReadonlyArray<number> | Float | string | ReadonlyArray<string> | Tensor | Body

/** What an attribute needs of a graph: what it consists of. */
export interface Body {
  readonly _tag: "Graph"
  readonly parts: Parts
}

/** Attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>

/** An operator as it was asked for. */
export interface Operation {
  readonly type: string
  readonly inputs: ReadonlyArray<Value | undefined>
  readonly outputs: ReadonlyArray<Value>
  readonly attributes: Attributes
}

/** A declared input or output. */
export interface Port {
  readonly name: string
  readonly value: Value
  readonly type: PortType
  readonly dims: ReadonlyArray<Dimension>
}

/** What a graph consists of, in the order of the calls. */
export interface Parts {
  readonly name: string
  readonly operations: ReadonlyArray<Operation>
  readonly constants: ReadonlyArray<{ readonly value: Value; readonly tensor: Tensor }>
  readonly inputs: ReadonlyArray<Port>
  readonly outputs: ReadonlyArray<Port>
  readonly around: Around | undefined
}

/** The model in the middle of a wrapping graph, and which values stand for which of its names. */
export interface Around {
  readonly onnx: Uint8Array
  readonly feeds: ReadonlyMap<string, Value>
  readonly values: ReadonlyMap<string, Value>
}
