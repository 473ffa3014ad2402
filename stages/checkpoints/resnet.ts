import * as Graph from "../../src/onnx/Graph.ts"
import * as Tensor from "../../src/onnx/Tensor.ts"
import type { Built, Tap } from "./Built.ts"
import { type Candidate, type Padding, type Taking, taking } from "./Candidate.ts"
import { listed } from "./listed.ts"
import { Malformed } from "./Malformed.ts"
import { isAside, missing, named } from "./resnetNames.ts"
import { float32, side } from "./Weight.ts"

/** torch.nn.BatchNorm2d's. */
const epsilon = 1e-5

/** Whether a network has the names of a ResNet as torchvision gives them. */
export const isResnet = ({ weights }: Candidate): boolean =>
  weights.has("conv1.weight") && weights.has("layer1.0.conv1.weight")

const vector = (taken: Taking, name: string, length: number): Float32Array => {
  const weight = taken.take(name)
  if (weight.shape.length !== 1 || side(weight, 0) !== length) {
    throw new Malformed(`${name} is of shape [${weight.shape.join(", ")}], and [${length}] is needed`)
  }
  return float32(weight)
}

interface Convolved {
  readonly value: Graph.Value
  readonly channels: number
}

/** Where a window is padded: evenly around an odd one, or as TensorFlow's `SAME` says. */
const padded = (size: number, same: boolean): Graph.Attributes => {
  const pad = Math.floor(size / 2)
  return same ? { auto_pad: "SAME_UPPER" } : { pads: [pad, pad, pad, pad] }
}

/** A convolution with the normalisation behind it folded in (in float64), so that one operator is left of two. */
const convolution = (
  g: Graph.Graph,
  taken: Taking,
  input: Convolved,
  names: { readonly conv: string; readonly norm: string },
  options: { readonly stride: number; readonly padding: Padding },
): Convolved => {
  const weight = taken.take(`${names.conv}.weight`)
  if (weight.shape.length !== 4) throw new Malformed(`${names.conv}.weight is of shape [${weight.shape.join(", ")}]`)
  const [channels = 0, inner = 0, kernel = 0] = weight.shape
  if (inner === 0 || input.channels % inner !== 0) {
    throw new Malformed(`${names.conv}.weight takes ${inner} channels, and ${input.channels} come in`)
  }
  const kernels = float32(weight)
  const part = (name: string) => vector(taken, `${names.norm}.${name}`, channels)
  const [scale, shift, mean, variance] = [part("weight"), part("bias"), part("running_mean"), part("running_var")]
  const bias = new Float32Array(channels)
  const each = channels === 0 ? 0 : kernels.length / channels
  for (let channel = 0; channel < channels; channel++) {
    const factor = (scale[channel] ?? 0) / Math.sqrt((variance[channel] ?? 0) + epsilon)
    for (let i = channel * each; i < (channel + 1) * each; i++) kernels[i] = (kernels[i] ?? 0) * factor
    bias[channel] = (shift[channel] ?? 0) - (mean[channel] ?? 0) * factor
  }
  const value = g.op(
    "Conv",
    [input.value, g.constant(Tensor.float32(weight.shape, kernels)), g.constant(Tensor.float32([channels], bias))],
    {
      kernel_shape: [kernel, side(weight, 3)],
      ...padded(kernel, options.padding === "same"),
      strides: [options.stride, options.stride],
      group: input.channels / inner,
    },
  )
  return { value, channels }
}

/** The way around a block: as it is, by a convolution, or (CIFAR's option A) thinned out and padded with zeros. */
const shortcut = (
  g: Graph.Graph,
  taken: Taking,
  input: Convolved,
  at: string,
  channels: number,
  options: { readonly stride: number; readonly padding: Padding },
) => {
  const { stride } = options
  for (const name of ["downsample", "shortcut"]) {
    if (!taken.has(`${at}.${name}.0.weight`)) continue
    return convolution(g, taken, input, { conv: `${at}.${name}.0`, norm: `${at}.${name}.1` }, options).value
  }
  const ints = (...values: ReadonlyArray<number>) => g.constant(Tensor.int64([values.length], values))
  const thinned =
    stride === 1
      ? input.value
      : g.op("Slice", [input.value, ints(0, 0), ints(2 ** 31, 2 ** 31), ints(2, 3), ints(stride, stride)])
  if (input.channels === channels) return thinned
  const missing = channels - input.channels
  if (missing < 0 || missing % 2 !== 0) throw new Malformed(`${at} has no way around it`)
  return g.op("Pad", [thinned, ints(0, missing / 2, 0, 0, 0, missing / 2, 0, 0)])
}

const block = (
  g: Graph.Graph,
  taken: Taking,
  input: Convolved,
  at: string,
  { padding, stride }: { readonly stride: number; readonly padding: Padding },
): Convolved => {
  const relu = ({ channels, value }: Convolved): Convolved => ({ channels, value: g.op("Relu", [value]) })
  const convolved = (from: Convolved, i: number, stride: number) =>
    convolution(g, taken, from, { conv: `${at}.conv${i}`, norm: `${at}.bn${i}` }, { stride, padding })
  // With three convolutions the one in the middle strides, as in torchvision (ResNet v1.5).
  const wide = taken.has(`${at}.conv3.weight`)
  const first = relu(convolved(input, 1, wide ? 1 : stride))
  const second = convolved(first, 2, wide ? stride : 1)
  const last = wide ? convolved(relu(second), 3, 1) : second
  const around = shortcut(g, taken, input, at, last.channels, { stride, padding })
  return relu({ channels: last.channels, value: g.op("Add", [last.value, around]) })
}

/**
 * A ResNet, its depths, widths and kind of block read from names and shapes:
 * ResNet-18 to 200, wide ones and ResNeXts with torchvision's names, and those
 * for CIFAR (three stages, a stem of 3 x 3 without pooling). Batch normalisation
 * is folded into the convolutions.
 *
 * Taps: `features` `[batch, width]`, the mean over places; `logits` where the
 * network has one linear layer on them.
 *
 * Errors: weights that are missing, of unfitting shapes, or that nothing uses.
 */
export const build = (candidate: Candidate): Built => {
  const absent = missing(candidate)
  if (absent.length > 0) {
    throw new Malformed(`weights are missing: ${listed(absent)}`, "see whether the file is whole, and a ResNet's")
  }
  const taken = taking(candidate)
  const padding = candidate.padding ?? "even"
  const g = Graph.make("resnet")
  const pixels = g.input("pixels", "float32", ["batch", 3, "height", "width"])
  const stem = taken.take("conv1.weight")
  const large = side(stem, 2) > 3
  let at = convolution(
    g,
    taken,
    { value: pixels, channels: 3 },
    { conv: "conv1", norm: "bn1" },
    { stride: large ? 2 : 1, padding },
  )
  at = { ...at, value: g.op("Relu", [at.value]) }
  if (large) {
    const value = g.op("MaxPool", [at.value], {
      kernel_shape: [3, 3],
      ...padded(3, padding !== "even"),
      strides: [2, 2],
    })
    at = { ...at, value }
  }
  const depths: Array<number> = []
  for (let stage = 1; taken.has(`layer${stage}.0.conv1.weight`); stage++) {
    let depth = 0
    for (; taken.has(`layer${stage}.${depth}.conv1.weight`); depth++) {
      at = block(g, taken, at, `layer${stage}.${depth}`, {
        stride: stage > 1 && depth === 0 ? 2 : 1,
        padding,
      })
    }
    depths.push(depth)
  }
  const pooled = g.op("Flatten", [g.op("GlobalAveragePool", [at.value])])
  g.output("features", pooled, "float32", ["batch", at.channels])
  const taps: Array<Tap> = [{ name: "features", width: at.channels, what: "mean over the places of the last stage" }]
  const head = ["fc", "linear"].find((name) => taken.has(`${name}.weight`) && taken.has(`${name}.bias`))
  if (head !== undefined) {
    const weight = taken.take(`${head}.weight`)
    const classes = side(weight, 0)
    if (weight.shape.length === 2 && side(weight, 1) === at.channels) {
      const bias = vector(taken, `${head}.bias`, classes)
      const constants = [Tensor.float32([classes, at.channels], float32(weight)), Tensor.float32([classes], bias)]
      const logits = g.op("Gemm", [pooled, ...constants.map((tensor) => g.constant(tensor))], { transB: 1 })
      g.output("logits", logits, "float32", ["batch", classes])
      taps.push({ name: "logits", width: classes, what: "scores of the network's own classes" })
    }
  }
  const architecture = named(taken, depths)
  const leftOut = taken.leave(isAside)
  const rest = taken.rest()
  if (rest.length > 0) throw new Malformed(`a ResNet has no place for ${listed(rest)}`)
  return { architecture, graph: g, taps, leftOut }
}
