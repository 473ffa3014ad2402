/**
 * The part of onnx.proto that is needed to build, inspect and extend models
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). What is not listed
 * here survives a round trip as unknown fields. Loads @bufbuild/protobuf (40 ms):
 * import this module dynamically.
 */
import { create, createFileRegistry, fromBinary, type Message, toBinary } from "@bufbuild/protobuf"
import { type GenMessage, messageDesc } from "@bufbuild/protobuf/codegenv2"
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt"

// Field number, type and, for a list, `many`. Enums are written as the int32 that they are on the wire.
const messages = {
  ModelProto: {
    irVersion: [1, "int64"],
    producerName: [2, "string"],
    graph: [7, "GraphProto"],
    opsetImport: [8, "OperatorSetIdProto", "many"],
    functions: [25, "FunctionProto", "many"],
  },
  FunctionProto: { node: [7, "NodeProto", "many"] },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  GraphProto: {
    node: [1, "NodeProto", "many"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "many"],
    input: [11, "ValueInfoProto", "many"],
    output: [12, "ValueInfoProto", "many"],
    valueInfo: [13, "ValueInfoProto", "many"],
  },
  NodeProto: {
    input: [1, "string", "many"],
    output: [2, "string", "many"],
    name: [3, "string"],
    opType: [4, "string"],
    attribute: [5, "AttributeProto", "many"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "many"],
    ints: [8, "int64", "many"],
    strings: [9, "bytes", "many"],
    tensors: [10, "TensorProto", "many"],
    graphs: [11, "GraphProto", "many"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64", "many"],
    dataType: [2, "int32"],
    name: [8, "string"],
    rawData: [9, "bytes"],
    externalData: [13, "StringStringEntryProto", "many"],
    dataLocation: [14, "int32"],
  },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensorType: [1, "TensorTypeProto"] },
  TensorTypeProto: { elemType: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "DimensionProto", "many"] },
  DimensionProto: { dimValue: [1, "int64"], dimParam: [2, "string"] },
} as const

type Messages = typeof messages
type Name = keyof Messages

interface Scalars {
  readonly string: string
  readonly bytes: Uint8Array
  readonly int32: number
  readonly int64: bigint
  readonly float: number
}

type Field<F> = F extends readonly [number, infer T, "many"]
  ? Array<Value<T>>
  : F extends readonly [number, infer T]
    ? Value<T>
    : never
type Value<T> = T extends keyof Scalars ? Scalars[T] : T extends Name ? Proto<T> : never
type Single<F> = F extends readonly [number, Name] ? true : false
type Fields<M> = { -readonly [K in keyof M as Single<M[K]> extends true ? never : K]: Field<M[K]> } & {
  -readonly [K in keyof M as Single<M[K]> extends true ? K : never]?: Field<M[K]>
}

/** A message of onnx.proto, by its name there. */
export type Proto<N extends Name> = Message<`onnx.${N}`> & Fields<Messages[N]>

const types: { readonly [S in keyof Scalars]: Type } = {
  string: Type.STRING,
  bytes: Type.BYTES,
  int32: Type.INT32,
  int64: Type.INT64,
  float: Type.FLOAT,
}

const isScalar = (type: string): type is keyof Scalars => type in types

const file = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([name, [number, type, many]]) => ({
        name,
        number,
        label: many === undefined ? Label.OPTIONAL : Label.REPEATED,
        ...(isScalar(type) ? { type: types[type] } : { type: Type.MESSAGE, typeName: `.onnx.${type}` }),
      })),
    })),
  }),
  () => undefined,
).getFile("onnx.proto")

const schemaOf = <N extends Name>(name: N): GenMessage<Proto<N>> => {
  if (file === undefined) throw new Error("onnx.proto is not registered")
  return messageDesc<Proto<N>>(file, Object.keys(messages).indexOf(name))
}

/** Schemas, to make messages with `create`. */
export const Model = schemaOf("ModelProto")
export const OperatorSetId = schemaOf("OperatorSetIdProto")
export const Graph = schemaOf("GraphProto")
export const Node = schemaOf("NodeProto")
export const Attribute = schemaOf("AttributeProto")
export const Tensor = schemaOf("TensorProto")
export const ValueInfo = schemaOf("ValueInfoProto")

/** An output of which only the name is said. */
export const bare = (name: string): Proto<"ValueInfoProto"> => create(ValueInfo, { name })

/** Reads a model. Large tensors are views into `bytes`. Throws where these are no protobuf. */
export const decode = (bytes: Uint8Array): Proto<"ModelProto"> => fromBinary(Model, bytes)

/** The same message with other values in some of its fields. */
const altered = <M extends object>(message: M, fields: Readonly<Record<string, unknown>>): M =>
  Object.create(Object.getPrototypeOf(message), {
    ...Object.getOwnPropertyDescriptors(message),
    ...Object.getOwnPropertyDescriptors(fields),
  })

const framed = (field: number, parts: ReadonlyArray<Uint8Array>): ReadonlyArray<Uint8Array> => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish(), ...parts]
}

const weightParts = (weight: Proto<"TensorProto">): ReadonlyArray<Uint8Array> => [
  toBinary(Tensor, altered(weight, { rawData: undefined })),
  ...framed(messages.TensorProto.rawData[0], [weight.rawData]),
]

/**
 * Writes a model; equal models give equal bytes. Weights are copied once, to
 * where they belong: the library would copy them for each message around them.
 */
export const encode = (model: Proto<"ModelProto">): Uint8Array<ArrayBuffer> => {
  const { graph } = model
  if (graph === undefined) return toBinary(Model, model)
  const weights = graph.initializer.flatMap((weight) =>
    framed(
      messages.GraphProto.initializer[0],
      weight.rawData.length > 0 ? weightParts(weight) : [toBinary(Tensor, weight)],
    ),
  )
  const parts = [
    toBinary(Model, altered(model, { graph: undefined })),
    ...framed(messages.ModelProto.graph[0], [toBinary(Graph, altered(graph, { initializer: [] })), ...weights]),
  ]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
