/** Which values of a graph are float32, and which are computed from sizes alone. */
import { attributeOf, bodiesOf, elements, type Graph, type Network, type Node } from "./Network.ts"

const { bool, float32, int64 } = elements

const all = (types: ReadonlyArray<string>, outputs: ReadonlyArray<number | undefined>) =>
  Object.fromEntries(types.map((type) => [type, outputs]))

// What operators give whose outputs are not of their first input's type; `undefined` stands for that type.
const given: Readonly<Record<string, ReadonlyArray<number | undefined>>> = {
  ...all(["ArgMax", "ArgMin", "NonZero", "Shape", "Size"], [int64]),
  ...all(["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"], [bool]),
  ...all(["And", "IsInf", "IsNaN", "Not", "Or", "Xor"], [bool]),
  ...all(["MaxPool", "TopK"], [undefined, int64]),
  Dropout: [undefined, bool],
  Unique: [undefined, int64, int64, int64],
}

// Which input an output's type comes from, where that is not the first.
const typeFrom: Readonly<Record<string, number>> = { CastLike: 1, OneHot: 2, Where: 1 }

const typeOf = (graph: Graph | undefined, at: number): number | undefined =>
  graph?.output[at]?.type?.tensorType?.elemType

/** The element types of a node's outputs; undefined where they are not known. */
const outputTypes = (node: Node, types: ReadonlyMap<string, number>): ReadonlyArray<number | undefined> => {
  const { input, opType, output } = node
  const first = types.get(input[typeFrom[opType] ?? 0] ?? "")
  const said = (name: string) => attributeOf(node, name)
  const [body] = bodiesOf(node)
  switch (opType) {
    case "Cast":
      return [Number(said("to")?.i ?? 0n)]
    case "Constant":
      return [said("value")?.t?.dataType ?? ((said("value_float") ?? said("value_floats")) ? float32 : int64)]
    case "ConstantOfShape":
      return [said("value")?.t?.dataType ?? float32]
    case "RandomNormal":
    case "RandomUniform":
      return [Number(said("dtype")?.i ?? BigInt(float32))]
    case "EyeLike":
    case "RandomNormalLike":
    case "RandomUniformLike":
      return [Number(said("dtype")?.i ?? BigInt(first ?? 0))]
    case "If":
    case "Scan":
      return output.map((_, at) => typeOf(body, at))
    case "Loop":
      // A body gives its condition first.
      return output.map((_, at) => typeOf(body, at + 1))
    default: {
      const others = given[opType]
      return output.map((_, at) => (others === undefined ? first : (others[at] ?? first)))
    }
  }
}

/** The names of the values of a graph that are float32: what the model says, and what follows from its operators. */
export const float32s = ({ graph, weights }: Network): ReadonlySet<string> => {
  const types = new Map<string, number>()
  for (const { name, type } of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    const said = type?.tensorType?.elemType ?? 0
    if (said !== 0) types.set(name, said)
  }
  for (const { dataType, name } of weights.values()) types.set(name, dataType)
  for (const node of graph.node) {
    const found = outputTypes(node, types)
    node.output.forEach((name, at) => {
      const type = found[at]
      if (!types.has(name) && type !== undefined) types.set(name, type)
    })
  }
  return new Set([...types].flatMap(([name, type]) => (type === float32 ? [name] : [])))
}

/** The nodes that reckon with sizes: all that they take are sizes, what follows from these, and constants. */
export const reckoning = ({ graph, weights }: Network): ReadonlySet<Node> => {
  const constants = new Set<string>(["", ...weights.keys()])
  const sizes = new Set<string>()
  const found = new Set<Node>()
  for (const node of graph.node) {
    const { input, opType, output } = node
    if (opType === "Shape" || opType === "Size") {
      for (const name of output) sizes.add(name)
      continue
    }
    if (bodiesOf(node).length > 0 || !input.every((name) => constants.has(name) || sizes.has(name))) continue
    const reckons = input.some((name) => sizes.has(name))
    if (reckons) found.add(node)
    for (const name of output) (reckons ? sizes : constants).add(name)
  }
  return found
}
