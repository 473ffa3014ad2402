import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { elementType } from "./elementType.ts"
import { type External, external, inOtherFiles } from "./External.ts"
import type { Proto } from "./proto.ts"

export type { External } from "./External.ts"

/** The bytes are no ONNX model. */
export class ModelError extends Schema.TaggedError<ModelError>()("ModelError", { message: Schema.String }) {}

/** What a model says of one of its values. */
export interface Described {
  readonly name: string
  /** `float32`, `float16`, `uint8` …; `other` for what is no plain tensor of numbers, or not said. */
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
  /** Values between inputs and outputs in the order in which they are computed, those within bodies left out. */
  readonly values: ReadonlyArray<Described>
  /** Names of the weights. */
  readonly initialisers: ReadonlyArray<string>
  /** Weights whose bytes lie in other files, within bodies and functions too. */
  readonly external: ReadonlyArray<External>
}

const described = ({ name, type }: Proto<"ValueInfoProto">): Described => {
  const tensor = type?.tensorType
  return {
    name,
    type: elementType(tensor?.elemType).name,
    // A size of 0 stands for one that is not known: exporters write it, and no model has use for it.
    dims: tensor?.shape?.dim.map(({ dimParam, dimValue }) => (dimValue > 0n ? Number(dimValue) : dimParam)),
  }
}

/** The values that a graph computes; of those that it does not describe only the name is known. */
const inner = (graph: Proto<"GraphProto">): ReadonlyArray<Described> => {
  const known = new Map(graph.valueInfo.map((info) => [info.name, info]))
  const outputs = new Set(graph.output.map(({ name }) => name))
  const names = graph.node.flatMap(({ output }) => output).filter((name) => name !== "" && !outputs.has(name))
  return names.map((name) => {
    const info = known.get(name)
    return info === undefined ? { name, type: "other", dims: undefined } : described(info)
  })
}

const parse = Effect.fnUntraced(function* <A>(
  onnx: Uint8Array,
  take: (model: Proto<"ModelProto">, graph: Proto<"GraphProto">, proto: typeof import("./proto.ts")) => A,
): Effect.fn.Return<A, ModelError> {
  const proto = yield* Effect.promise(() => import("./proto.ts"))
  const model = yield* Effect.try({
    try: () => proto.decode(onnx),
    catch: (cause) =>
      new ModelError({ message: `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})` }),
  })
  const { graph } = model
  if (graph === undefined || graph.output.length === 0) return yield* new ModelError({ message: "it holds no graph" })
  return take(model, graph, proto)
})

/** Reads what a model is from the bytes of an ONNX file. Its operators are not looked at. */
export const read = (onnx: Uint8Array): Effect.Effect<Model, ModelError> =>
  parse(onnx, (model, graph) => {
    const initialisers = graph.initializer.map(({ name }) => name)
    const initial = new Set(initialisers)
    return {
      producer: model.producerName,
      opsets: new Map(model.opsetImport.map(({ domain, version }) => [domain, Number(version)])),
      inputs: graph.input.filter(({ name }) => !initial.has(name)).map(described),
      outputs: graph.output.map(described),
      values: inner(graph),
      initialisers,
      external: inOtherFiles(model).map(external),
    }
  })

/** The model with the weights of `external` in its own bytes: `data` has those of each, in that order. */
export const inline = (
  onnx: Uint8Array,
  data: ReadonlyArray<Uint8Array>,
): Effect.Effect<Uint8Array<ArrayBuffer>, ModelError> =>
  parse(onnx, (model, _, proto) => {
    for (const [i, [tensor]] of inOtherFiles(model).entries()) {
      tensor.rawData = data[i] ?? new Uint8Array(0)
      tensor.dataLocation = 0
      tensor.externalData = []
    }
    return proto.encode(model)
  })

/**
 * The model with other outputs: any of its values, by name. Their types and
 * dims are left for onnxruntime to infer.
 */
export const giving = (
  onnx: Uint8Array,
  names: ReadonlyArray<string>,
): Effect.Effect<Uint8Array<ArrayBuffer>, ModelError> =>
  parse(onnx, (model, graph, proto) => {
    graph.output = names.map(proto.bare)
    return proto.encode(model)
  })
