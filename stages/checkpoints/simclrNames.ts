/**
 * ResNets by the names that TensorFlow 1 gives (SimCLR's authors:
 * google-research/simclr, `resnet.py`): layers are numbered as they were made,
 * in each block the way around it first.
 */
import { kernel, transposed } from "./axes.ts"
import type { Candidate } from "./Candidate.ts"
import { Malformed } from "./Malformed.ts"
import type { Weight, Weights } from "./Weight.ts"

const prefix = "base_model/"
const head = "head_supervised/linear_layer/dense/"

const layer = (name: string, number: number) => `${prefix}${name}${number === 0 ? "" : `_${number}`}/`

/** What torchvision calls the convolutions and what is behind them, in the order of their numbers. */
const names = (kernels: ReadonlyArray<Weight>): ReadonlyArray<readonly [conv: string, norm: string]> => {
  const found: Array<readonly [string, string]> = [["conv1", "bn1"]]
  const shapeOf = (i: number) => {
    const [height = 0, , inner = 0, outer = 0] = kernels[i]?.shape ?? []
    return { height, inner, outer }
  }
  let channels = shapeOf(0).outer
  let [stage, block] = [0, 0]
  for (let i = 1; i < kernels.length;) {
    // A block begins with the way around it where that is a convolution: the next one then takes the same input.
    const around = shapeOf(i).height === 1 && shapeOf(i + 1).inner === channels
    if (around) [stage, block] = [stage + 1, 0]
    else block++
    const at = `layer${stage}.${block}`
    if (around) found.push([`${at}.downsample.0`, `${at}.downsample.1`])
    const first = i + (around ? 1 : 0)
    const depth = shapeOf(first).height === 1 ? 3 : 2
    for (let n = 0; n < depth; n++) found.push([`${at}.conv${n + 1}`, `${at}.bn${n + 1}`])
    if (stage === 0 || shapeOf(first).inner !== channels || first + depth > kernels.length) {
      throw new Malformed(
        `its convolution ${i} is not where a ResNet has one`,
        "ResNets without selective kernels are read (sk_ratio = 0)",
      )
    }
    channels = shapeOf(first + depth - 1).outer
    i = first + depth
  }
  return found
}

const parts = [
  ["gamma", "weight"],
  ["beta", "bias"],
  ["moving_mean", "running_mean"],
  ["moving_variance", "running_var"],
] as const

/**
 * The network of such a checkpoint, with torchvision's names. Its convolutions
 * are padded evenly (`conv2d_fixed_padding`), the pooling as `SAME` says.
 */
export const candidates = (weights: Weights): ReadonlyArray<Candidate> => {
  const kernels: Array<Weight> = []
  for (let i = 0; ; i++) {
    const found = weights.get(`${layer("conv2d", i)}kernel`)
    if (found === undefined) break
    kernels.push(found)
  }
  if (kernels.length < 2) return []
  const renamed = new Map<string, Weight>()
  const used = new Set<string>()
  const take = (from: string, to: string, seen: (weight: Weight) => Weight = (weight) => weight) => {
    const weight = weights.get(from)
    if (weight === undefined) return
    used.add(from)
    renamed.set(to, seen(weight))
  }
  for (const [i, [conv, norm]] of names(kernels).entries()) {
    take(`${layer("conv2d", i)}kernel`, `${conv}.weight`, kernel)
    for (const [theirs, ours] of parts) take(`${layer("batch_normalization", i)}${theirs}`, `${norm}.${ours}`)
  }
  take(`${head}kernel`, "fc.weight", transposed)
  take(`${head}bias`, "fc.bias")
  for (const [name, weight] of weights) {
    // An optimiser's state lies below its variable: base_model/conv2d/kernel/Momentum.
    if (!used.has(name) && name.startsWith(prefix) && name.split("/").length === 3) renamed.set(name, weight)
  }
  const elsewhere = [...used].filter((name) => !name.startsWith(prefix))
  return [{ prefix, weights: renamed, elsewhere, padding: "same-pool" }]
}
