/** Encoders whose large products are computed in whole numbers. */
import { create } from "@bufbuild/protobuf"
import * as Proto from "../../src/onnx/proto.ts"
import { cast, elements, fill, type Network, type Node, node, type Tensor, tensor } from "./Network.ts"
import { type Product, productOf } from "./products.ts"

const { float32, int64, uint8 } = elements

/** A new weight, its numbers given or still to be filled in. */
const initial = (
  { graph, names, weights }: Network,
  hint: string,
  dataType: number,
  dims: ReadonlyArray<number>,
  data = new Uint8Array(0),
): Tensor => {
  const made = tensor(names.fresh(hint), dataType, dims, data)
  graph.initializer.push(made)
  weights.set(made.name, made)
  return made
}

/** Lays a bias of a convolution out beside its maps. */
const shaped = (network: Network, name: string, beside: ReadonlyArray<number>, nodes: Array<Node>): string => {
  if (beside.length === 1) return name
  const shape = initial(
    network,
    `${name}/shape`,
    int64,
    [beside.length],
    new Uint8Array(BigInt64Array.from(beside, BigInt).buffer),
  )
  const made = network.names.fresh(`${name}/beside`)
  nodes.push(node("Reshape", [name, shape.name], [made]))
  return made
}

/** A weight in 8 bits, with the scale of each channel. */
interface Stored {
  readonly weight: string
  readonly scales: string
}

/**
 * Has a network compute its convolutions, and its products with matrices that
 * are weights, in whole numbers of 8 bits, as onnxruntime's `quantize_dynamic`
 * does with `per_channel`: weights are scaled symmetrically, channel by channel
 * of what comes out, the input of a product by its own range when it is
 * computed (`DynamicQuantizeLinear`), and the sums are scaled back and biases
 * added in float32. All else is as it was: attention, normalisations, sums.
 *
 * Weights are stored as what they are plus 128, with 128 as their zero: that
 * is all that onnxruntime has for convolutions, and of signed ones its sums
 * overflow on processors without VNNI.
 *
 * An input's range is that of all images fed at once. So that an image's
 * features do not depend on those beside it, images are fed one by one: the
 * first size of each input of four axes becomes 1 unless it is fixed.
 *
 * Gives what remains to be done for each of the weights: to be filled in.
 */
export const toInt8 = (network: Network): ReadonlyArray<() => void> => {
  const { graph, names } = network
  const zero = initial(network, "zero", uint8, [], Uint8Array.of(128))
  const work: Array<() => void> = []
  const stored = new Map<string, Stored>()
  const quantised = new Map<string, readonly [string, string, string]>()
  const nodes: Array<Node> = []

  const store = (product: Product): Stored => {
    // One weight may be laid out in two ways.
    const kind = `${product.opType} ${product.weight} ${product.dims.join()}`
    const known = stored.get(kind)
    if (known !== undefined) return known
    const weight = initial(network, `${product.weight}/int8`, uint8, product.dims)
    const scales = initial(network, `${product.weight}/scales`, float32, product.beside)
    work.push(() => {
      const made = product.weigh()
      fill(weight, uint8, made.bytes)
      fill(scales, float32, new Uint8Array(made.scales.buffer))
    })
    const made: Stored = { weight: weight.name, scales: scales.name }
    stored.set(kind, made)
    return made
  }
  const quantise = (input: string) => {
    const known = quantised.get(input)
    if (known !== undefined) return known
    const made = [names.fresh(`${input}/uint8`), names.fresh(`${input}/scale`), names.fresh(`${input}/zero`)] as const
    nodes.push(node("DynamicQuantizeLinear", [input], made))
    quantised.set(input, made)
    return made
  }

  for (const one of graph.node) {
    const product = productOf(network, one)
    const [output] = one.output
    if (product === undefined || output === undefined) {
      nodes.push(one)
      continue
    }
    const { bias, opType } = product
    const [bytes, scale, offset] = quantise(product.input)
    const { scales, weight } = store(product)
    const [sums, numbers, factors] = [
      names.fresh(`${output}/int32`),
      names.fresh(`${output}/float32`),
      names.fresh(`${output}/factors`),
    ]
    nodes.push(
      node(opType, [bytes, weight, offset, zero.name], [sums], opType === "ConvInteger" ? one.attribute : []),
      cast(sums, numbers, float32),
      node("Mul", [scale, scales], [factors]),
    )
    const scaled = bias === undefined ? output : names.fresh(`${output}/scaled`)
    nodes.push(node("Mul", [numbers, factors], [scaled]))
    if (bias !== undefined) {
      nodes.push(node("Add", [scaled, shaped(network, bias, product.beside, nodes)], [output]))
    }
  }
  graph.node = nodes
  leaveOut(network)
  oneByOne(network)
  return work
}

/** Drops the weights that nothing takes any more. */
const leaveOut = ({ graph, weights }: Network): void => {
  const taken = new Set<string>(graph.output.map(({ name }) => name))
  const take = (one: Network["graph"]): void => {
    for (const { attribute, input } of one.node) {
      for (const name of input) taken.add(name)
      for (const { g, graphs } of attribute) (g === undefined ? graphs : [g, ...graphs]).forEach(take)
    }
  }
  take(graph)
  graph.initializer = graph.initializer.filter(({ name }) => taken.has(name))
  for (const name of weights.keys()) if (!taken.has(name)) weights.delete(name)
}

/** Makes the first of four axes 1 where it is not fixed. */
const oneByOne = ({ graph }: Network): void => {
  for (const input of graph.input) {
    const { elemType = 0, shape } = input.type?.tensorType ?? {}
    const [batch, ...rest] = shape?.dim ?? []
    if (rest.length !== 3 || batch === undefined || batch.dimValue > 0n) continue
    const dim = [{ dimValue: 1n }, ...rest]
    const { type } = create(Proto.ValueInfo, { type: { tensorType: { elemType, shape: { dim } } } })
    if (type !== undefined) input.type = type
  }
}
