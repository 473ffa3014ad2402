/** Weights whose bytes lie beside a model's file, as large models have them. */
import { elementType } from "./elementType.ts"
import type { Proto } from "./proto.ts"

/** Where the bytes of a weight lie. What the model does not say is undefined, and nothing is checked. */
export interface External {
  /** The weight's name. */
  readonly tensor: string
  readonly type: string
  readonly dims: ReadonlyArray<number>
  /** How many bytes that is; undefined where the type has no size or the dims are none. */
  readonly bytes: number | undefined
  /** The file, from the model's folder on. */
  readonly location: string | undefined
  /** Where in it they begin: a number, in digits. */
  readonly offset: string | undefined
  /** How many they are: a number, in digits. */
  readonly length: string | undefined
}

/** A tensor and what it is called; one within an operator is called as what the operator gives. */
export type Named = readonly [tensor: Proto<"TensorProto">, name: string]

// TensorProto.DataLocation
const inAnotherFile = 1

const ofNodes = (nodes: ReadonlyArray<Proto<"NodeProto">>): ReadonlyArray<Named> =>
  nodes.flatMap(({ attribute, name, output }) =>
    attribute.flatMap(({ g, graphs, t, tensors }) => [
      ...(t === undefined ? tensors : [t, ...tensors]).map((one): Named => [one, one.name || (output[0] ?? name)]),
      ...(g === undefined ? graphs : [g, ...graphs]).flatMap(ofGraph),
    ]),
  )

const ofGraph = (graph: Proto<"GraphProto">): ReadonlyArray<Named> => [
  ...graph.initializer.map((one): Named => [one, one.name]),
  ...ofNodes(graph.node),
]

/** The weights that lie in other files, those of bodies and functions too, always in the same order. */
export const inOtherFiles = ({ functions, graph }: Proto<"ModelProto">): ReadonlyArray<Named> =>
  [...(graph === undefined ? [] : ofGraph(graph)), ...functions.flatMap(({ node }) => ofNodes(node))].filter(
    ([{ dataLocation }]) => dataLocation === inAnotherFile,
  )

/** Where such a weight lies. */
export const external = ([{ dataType, dims, externalData }, tensor]: Named): External => {
  const said = new Map(externalData.map(({ key, value }) => [key, value]))
  const { bits, name } = elementType(dataType)
  const sizes = dims.map(Number)
  const bytes = Math.ceil((sizes.reduce((product, size) => product * size, 1) * bits) / 8)
  return {
    tensor,
    type: name,
    dims: sizes,
    bytes: bits > 0 && Number.isSafeInteger(bytes) && sizes.every((size) => size >= 0) ? bytes : undefined,
    location: said.get("location"),
    offset: said.get("offset"),
    length: said.get("length"),
  }
}
