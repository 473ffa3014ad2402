/** Writes graphs as ONNX models. Loads the protobuf library: import it dynamically. */
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import type { Attribute, Body, Operation, Parts, Port, PortType, Value } from "./GraphParts.ts"
import { Names } from "./Names.ts"
import * as Proto from "./proto.ts"
import type { Tensor } from "./Tensor.ts"

// IR version 10 came with opset 21.
const irVersion = 10n
const opset = 21n

// TensorProto.DataType
const dataTypes: { readonly [T in PortType]: number } = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
}

// AttributeProto.AttributeType
const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 }

const text = new TextEncoder()

const tensorProto = ({ data, dims, type }: Tensor, name: string) =>
  create(Proto.Tensor, {
    name,
    dims: dims.map(BigInt),
    dataType: dataTypes[type],
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  })

const portProto = ({ dims, type }: Port, name: string) =>
  create(Proto.ValueInfo, {
    name,
    type: {
      tensorType: {
        elemType: dataTypes[type],
        shape: { dim: dims.map((n) => (typeof n === "number" ? { dimValue: BigInt(n) } : { dimParam: n })) },
      },
    },
  })

const isList = (given: Attribute): given is ReadonlyArray<number> | ReadonlyArray<string> => Array.isArray(given)

const attributeProto = (name: string, given: Attribute, names: Names, path: string) => {
  const make = (type: keyof typeof attributeTypes, content: MessageInitShape<typeof Proto.Attribute>) =>
    create(Proto.Attribute, { ...content, name, type: attributeTypes[type] })
  const integer = (n: number) => {
    if (Number.isSafeInteger(n)) return BigInt(n)
    throw new Error(`attribute ${name}: ${n} is no integer; a floating-point attribute is written float(${n})`)
  }
  if (typeof given === "number") return make("int", { i: integer(given) })
  if (typeof given === "string") return make("string", { s: text.encode(given) })
  if (isList(given)) {
    const strings = given.filter((item) => typeof item === "string")
    return strings.length > 0
      ? make("strings", { strings: strings.map((item) => text.encode(item)) })
      : make("ints", { ints: given.map((item) => integer(Number(item))) })
  }
  if ("dims" in given) return make("tensor", { t: tensorProto(given, "") })
  if (given._tag === "Graph") return make("graph", { g: bodyProto(given, names, path) })
  return typeof given.value === "number"
    ? make("float", { f: given.value })
    : make("floats", { floats: [...given.value] })
}

const nodeProto = (
  type: string,
  inputs: ReadonlyArray<string>,
  outputs: ReadonlyArray<string>,
  attributes: ReadonlyArray<Proto.Proto<"AttributeProto">> = [],
) => {
  const colon = type.indexOf(":")
  return create(Proto.Node, {
    name: outputs[0] ?? "",
    opType: type.slice(colon + 1),
    domain: type.slice(0, Math.max(colon, 0)),
    input: [...inputs],
    output: [...outputs],
    attribute: [...attributes],
  })
}

type Copy = readonly [value: Value, name: string]

const copyProto = (names: Names, [value, name]: Copy) => nodeProto("Identity", [names.of(value)], [name])

// Gives values the names that are asked for. One that has a name already, or is not made here, is copied under it.
const settle = (parts: Parts, wanted: Iterable<Copy>, names: Names): ReadonlyArray<Copy> => {
  const made = new Set(parts.operations.flatMap(({ outputs }) => outputs))
  const copies: Array<Copy> = []
  for (const [value, name] of wanted) {
    if (made.has(value) && !names.has(value)) names.alias(value, name)
    else copies.push([value, name])
  }
  return copies
}

const constantProtos = (parts: Parts, names: Names, path: string) =>
  parts.constants.map(({ tensor, value }) => {
    names.give(value, path + value.hint)
    return tensorProto(tensor, names.of(value))
  })

const operationProtos = (operations: ReadonlyArray<Operation>, names: Names, path: string) =>
  operations.map(({ attributes, inputs, outputs, type }) => {
    const from = inputs.map((value) => (value === undefined ? "" : names.of(value)))
    const told = Object.entries(attributes).map(([name, given]) => attributeProto(name, given, names, path))
    for (const value of outputs) names.give(value, path + value.hint)
    return nodeProto(
      type,
      from,
      outputs.map((value) => names.of(value)),
      told,
    )
  })

// A body's ports are known by their order, so their names only have to be unique.
const bodyProto = ({ parts }: Body, names: Names, outer: string): Proto.Proto<"GraphProto"> => {
  const path = `${names.fresh(outer + parts.name)}/`
  for (const { name, value } of parts.inputs) names.give(value, path + name)
  const outputs = parts.outputs.map((port) => ({ port, name: names.fresh(path + port.name) }))
  const copies = settle(
    parts,
    outputs.map(({ name, port }): Copy => [port.value, name]),
    names,
  )
  return create(Proto.Graph, {
    name: parts.name,
    input: parts.inputs.map((port) => portProto(port, names.of(port.value))),
    output: outputs.map(({ name, port }) => portProto(port, name)),
    initializer: constantProtos(parts, names, path),
    node: [...operationProtos(parts.operations, names, path), ...copies.map((copy) => copyProto(names, copy))],
  })
}

const domains = (operations: ReadonlyArray<Operation>): ReadonlyArray<string> =>
  operations.flatMap(({ attributes, type }) => [
    ...(type.includes(":") ? [type.slice(0, type.indexOf(":"))] : []),
    ...Object.values(attributes).flatMap((given) =>
      typeof given === "object" && "_tag" in given && given._tag === "Graph" ? domains(given.parts.operations) : [],
    ),
  ])

// What stands on a value of the inner model comes after it, all else before.
const split = (operations: ReadonlyArray<Operation>, inner: Iterable<Value>) => {
  const later = new Set<Value | undefined>(inner)
  const before: Array<Operation> = []
  const after: Array<Operation> = []
  for (const operation of operations) {
    const stands = operation.inputs.some((value) => value !== undefined && later.has(value))
    if (stands) for (const value of operation.outputs) later.add(value)
    ;(stands ? after : before).push(operation)
  }
  return { before, after }
}

const reserveAll = (graph: Proto.Proto<"GraphProto">, names: Names) => {
  for (const { name } of [...graph.input, ...graph.initializer]) names.reserve(name)
  for (const { attribute, output } of graph.node) {
    for (const name of output) names.reserve(name)
    // A body's values must not be called as those around it are.
    for (const { g, graphs } of attribute) for (const body of g ? [g, ...graphs] : graphs) reserveAll(body, names)
  }
}

/** Writes a graph, as an ONNX file has it. Throws where two values are given one name. */
export const encode = (parts: Parts): Uint8Array<ArrayBuffer> => {
  const names = new Names()
  const model = parts.around === undefined ? create(Proto.Model, {}) : Proto.decode(parts.around.onnx)
  const inner = model.graph ?? create(Proto.Graph, {})
  const feeds = [...(parts.around?.feeds ?? [])].map(([name, value]): Copy => [value, name])
  reserveAll(inner, names)
  for (const [name, value] of parts.around?.values ?? []) names.alias(value, name)
  for (const { name } of [...parts.inputs, ...parts.outputs]) names.claim(name)
  for (const { name, value } of parts.inputs) names.alias(value, name)
  const fed = settle(parts, feeds, names)
  const copies = settle(
    parts,
    parts.outputs.map(({ name, value }): Copy => [value, name]),
    names,
  )
  const { after, before } = split(parts.operations, parts.around?.values.values() ?? [])
  const constants = constantProtos(parts, names, "")
  inner.node = [
    ...operationProtos(before, names, ""),
    ...fed.map((copy) => copyProto(names, copy)),
    ...inner.node,
    ...operationProtos(after, names, ""),
    ...copies.map((copy) => copyProto(names, copy)),
  ]
  inner.name = parts.name
  inner.initializer = [...inner.initializer, ...constants]
  inner.input = parts.inputs.map((port) => portProto(port, port.name))
  inner.output = parts.outputs.map((port) => portProto(port, port.name))
  model.graph = inner
  if (parts.around === undefined) {
    model.irVersion = irVersion
    model.opsetImport = [create(Proto.OperatorSetId, { domain: "", version: opset })]
  }
  for (const domain of new Set(domains(parts.operations))) {
    if (model.opsetImport.some((known) => known.domain === domain)) continue
    model.opsetImport.push(create(Proto.OperatorSetId, { domain, version: 1n }))
  }
  return Proto.encode(model)
}
