import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Proto } from "./proto.ts"

/** The bytes are no ONNX model. */
export class ModelError extends Schema.TaggedError<ModelError>()("ModelError", { message: Schema.String }) {}

/** What a model says of one of its values. */
export interface Described {
  readonly name: string
  /** `float32`, `float16`, `uint8` …; `other` for what is no plain tensor of numbers. */
  readonly type: string
  /** A number where the size is fixed, else its name (which may be empty); undefined where even the rank is not said. */
  readonly dims: ReadonlyArray<number | string> | undefined
}

/** What a model is, read without loading it. */
export interface Model {
  readonly producer: string
  /** Versions of the operator sets by domain; the usual one is `""`. */
  readonly opsets: ReadonlyMap<string, number>
  /** What must be fed: inputs that have no initial value. */
  readonly inputs: ReadonlyArray<Described>
  readonly outputs: ReadonlyArray<Described>
  /** Values between inputs and outputs, as far as the model describes them. */
  readonly values: ReadonlyArray<Described>
  /** Names of the weights. */
  readonly initialisers: ReadonlyArray<string>
  /** Files that the weights lie in, beside the model's own. */
  readonly externalFiles: ReadonlyArray<string>
}

// TensorProto.DataType by its number.
const types = [
  "other",
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "other",
  "other",
  "bfloat16",
]

const described = ({ name, type }: Proto<"ValueInfoProto">): Described => {
  const tensor = type?.tensorType
  return {
    name,
    type: types[tensor?.elemType ?? 0] ?? "other",
    // A size of 0 stands for one that is not known: exporters write it, and no model has use for it.
    dims: tensor?.shape?.dim.map(({ dimParam, dimValue }) => (dimValue > 0n ? Number(dimValue) : dimParam)),
  }
}

// TensorProto.DataLocation
const isExternal = ({ dataLocation }: Proto<"TensorProto">) => dataLocation === 1

const tensors = (graph: Proto<"GraphProto">): ReadonlyArray<Proto<"TensorProto">> => [
  ...graph.initializer,
  ...graph.node.flatMap(({ attribute }) =>
    attribute.flatMap(({ g, t }) => [...(t ? [t] : []), ...(g ? tensors(g) : [])]),
  ),
]

const externalFiles = (graph: Proto<"GraphProto">): ReadonlyArray<string> => {
  const locations = tensors(graph)
    .filter(isExternal)
    .flatMap(({ externalData }) => externalData.filter(({ key }) => key === "location").map(({ value }) => value))
  return [...new Set(locations)]
}

/** Reads what a model is from the bytes of an ONNX file. Its operators are not looked at. */
export const read = Effect.fnUntraced(function* (onnx: Uint8Array): Effect.fn.Return<Model, ModelError> {
  const { decode } = yield* Effect.promise(() => import("./proto.ts"))
  const model = yield* Effect.try({
    try: () => decode(onnx),
    catch: (cause) =>
      new ModelError({ message: `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})` }),
  })
  const { graph } = model
  if (graph === undefined || graph.output.length === 0) return yield* new ModelError({ message: "it holds no graph" })
  const initialisers = graph.initializer.map(({ name }) => name)
  const initial = new Set(initialisers)
  return {
    producer: model.producerName,
    opsets: new Map(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
    inputs: graph.input.filter(({ name }) => !initial.has(name)).map(described),
    outputs: graph.output.map(described),
    values: graph.valueInfo.map(described),
    initialisers,
    externalFiles: externalFiles(graph),
  }
})
