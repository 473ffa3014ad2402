/** An encoder's ONNX model, taken apart so that its weights and operators can be replaced. */
import { create } from "@bufbuild/protobuf"
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire"
import { Names } from "../../src/onnx/Names.ts"
import * as Proto from "../../src/onnx/proto.ts"

export type Graph = Proto.Proto<"GraphProto">
export type Node = Proto.Proto<"NodeProto">
export type Tensor = Proto.Proto<"TensorProto">

/** Numbers of ONNX's element types (TensorProto.DataType). */
export const elements = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const

const attributeInt = 2

/** A model that is being changed. */
export interface Network {
  readonly model: Proto.Proto<"ModelProto">
  readonly graph: Graph
  /** The version of the usual operators, 0 where the model names none. */
  readonly opset: number
  /** Initial values by name, constants among them. */
  readonly weights: Map<string, Tensor>
  readonly names: Names
}

/** Graphs within a node's attributes: bodies of `If`, `Loop` and `Scan`. */
export const bodiesOf = ({ attribute }: Node): ReadonlyArray<Graph> =>
  attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))

const reserve = (graph: Graph, names: Names): void => {
  for (const { name } of [...graph.input, ...graph.output, ...graph.initializer]) names.reserve(name)
  for (const node of graph.node) {
    for (const name of node.output) names.reserve(name)
    for (const body of bodiesOf(node)) reserve(body, names)
  }
}

/** An attribute of a node by its name. */
export const attributeOf = ({ attribute }: Node, name: string) => attribute.find((one) => one.name === name)

/** The tensor that a `Constant` is; undefined for other nodes, and for constants given as plain numbers. */
const constantOf = (node: Node): Tensor | undefined =>
  node.opType === "Constant" ? attributeOf(node, "value")?.t : undefined

/** Reads a model to change it. Constants become weights, so that both are treated alike. Throws where it is no model. */
export const open = (onnx: Uint8Array): Network => {
  const model = Proto.decode(onnx)
  const { graph } = model
  if (graph === undefined) throw new Error("it holds no graph")
  const names = new Names()
  reserve(graph, names)
  const outputs = new Set(graph.output.map(({ name }) => name))
  graph.node = graph.node.filter((node) => {
    const tensor = constantOf(node)
    const [name] = node.output
    if (tensor === undefined || name === undefined || outputs.has(name)) return true
    tensor.name = name
    graph.initializer.push(tensor)
    return false
  })
  const weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]))
  // From version 4 of the format on, weights need not be inputs too.
  if (model.irVersion < 4n) model.irVersion = 4n
  graph.input = graph.input.filter(({ name }) => !weights.has(name))
  const usual = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")
  return { model, graph, opset: Number(usual?.version ?? 0n), weights, names }
}

const floatData = 4

/** Whether a tensor has float32 numbers, and has them itself: not in another file. */
export const isFloat32 = ({ dataLocation, dataType }: Tensor): boolean =>
  dataType === elements.float32 && dataLocation !== 1

/** The numbers of a float32 tensor; undefined for others, and for weights in other files. */
export const numbersOf = (tensor: Tensor): Float32Array | undefined => {
  const { $unknown = [], rawData } = tensor
  if (!isFloat32(tensor)) return undefined
  if (rawData.length > 0) return new Float32Array(new Uint8Array(rawData).buffer)
  // Some exporters list numbers instead of giving their bytes.
  const lists = $unknown
    .filter(({ no }) => no === floatData)
    .map(({ data, wireType }) => (wireType === WireType.LengthDelimited ? new BinaryReader(data).bytes() : data))
  return new Float32Array(new Uint8Array(Buffer.concat(lists)).buffer)
}

/** Replaces what a tensor holds. */
export const fill = (tensor: Tensor, dataType: number, data: Uint8Array): void => {
  tensor.dataType = dataType
  tensor.rawData = data
  tensor.$unknown = (tensor.$unknown ?? []).filter(({ no }) => no !== floatData)
}

/** A tensor as a weight of its own. */
export const tensor = (name: string, dataType: number, dims: ReadonlyArray<number>, rawData: Uint8Array): Tensor =>
  create(Proto.Tensor, { name, dims: dims.map(BigInt), dataType, rawData })

/** A node of the usual operators. */
export const node = (
  opType: string,
  input: ReadonlyArray<string>,
  output: ReadonlyArray<string>,
  attribute: ReadonlyArray<Proto.Proto<"AttributeProto">> = [],
): Node => create(Proto.Node, { opType, input: [...input], output: [...output], attribute: [...attribute] })

/** `Cast` to an element type. */
export const cast = (from: string, into: string, to: number): Node =>
  node("Cast", [from], [into], [create(Proto.Attribute, { name: "to", type: attributeInt, i: BigInt(to) })])

/** How many numbers a tensor of these sizes has. */
export const sizeOf = (dims: ReadonlyArray<bigint>): number => dims.reduce((product, n) => product * Number(n), 1)
