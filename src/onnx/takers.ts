/** What loops take from outside, in models that WebGPU is to compute. Loads the protobuf library: import it dynamically. */
import * as Proto from "./proto.ts"

const operators = new Set(["Gather", "Slice"])
const loops = new Set(["Loop", "Scan"])

const takersIn = (graph: Proto.Proto<"GraphProto">, inside: boolean): ReadonlyArray<string> => {
  const own = new Set([
    ...[...graph.input, ...graph.initializer].map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ])
  return graph.node.flatMap(({ attribute, input: [from = ""], name, opType }) => {
    const takes = inside && name !== "" && operators.has(opType) && !own.has(from)
    const bodies = attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))
    return [...(takes ? [name] : []), ...bodies.flatMap((body) => takersIn(body, inside || loops.has(opType)))]
  })
}

/**
 * The nodes within a model's loops that take rows of a tensor from outside. A
 * loop is the processor's, and WebGPU is given what its body needs at each turn
 * anew: computed on the processor, these nodes have it given their rows, and
 * not the whole of what they are taken from.
 */
export const takers = (onnx: Uint8Array): ReadonlyArray<string> => {
  const { graph } = Proto.decode(onnx)
  return graph === undefined ? [] : takersIn(graph, false)
}
