/** What the names of a ResNet's weights say, as torchvision gives them. */
import type { Candidate, Taking } from "./Candidate.ts"
import { side } from "./Weight.ts"

const names: Readonly<Record<string, string>> = {
  "basic 2,2,2,2": "ResNet-18",
  "basic 3,4,6,3": "ResNet-34",
  "bottleneck 3,4,6,3": "ResNet-50",
  "bottleneck 3,4,23,3": "ResNet-101",
  "bottleneck 3,8,36,3": "ResNet-152",
  "bottleneck 3,24,36,3": "ResNet-200",
}

/** What it is called (`ResNet-50`), with its width or groups where they are not the usual ones. */
export const named = (taken: Taking, depths: ReadonlyArray<number>): string => {
  const wide = taken.has("layer1.0.conv3.weight")
  const sum = depths.reduce((a, b) => a + b, 0)
  const name = names[`${wide ? "bottleneck" : "basic"} ${depths.join()}`]
  if (name !== undefined) {
    const width = side(taken.take("layer1.0.conv1.weight"), 0)
    const second = taken.take("layer1.0.conv2.weight")
    const groups = side(second, 1) === 0 ? 1 : side(second, 0) / side(second, 1)
    if (groups !== 1) return `${name} (${groups} groups of ${side(second, 1)})`
    return width === 64 ? name : `${name} (width ${width / 64})`
  }
  return `ResNet-${sum * (wide ? 3 : 2) + 2}${depths.length === 3 ? " for CIFAR" : ""}`
}

/** Whether a weight beside the encoder says nothing of it: heads, and counters of batches. */
export const isAside = (name: string) =>
  name.endsWith("num_batches_tracked") ||
  /^(?:fc|linear|heads?|projection_head|prototypes|projector|predictor)\b/u.test(name)

const parts = ["weight", "bias", "running_mean", "running_var"]

/** What a convolution or a normalisation needs of weights that are not there, as torchvision pairs them. */
export const missing = ({ prefix, weights }: Candidate): ReadonlyArray<string> => {
  const needed = new Set<string>()
  for (const name of weights.keys()) {
    const found = /^((?:.*\.)?)(?:(?:conv|bn)(\d+)|(downsample|shortcut)\.[01])\.[a-z_]+$/u.exec(name)
    if (found === null || name.endsWith("num_batches_tracked")) continue
    const [, at = "", number, around] = found
    needed.add(around === undefined ? `${at}conv${number}.weight` : `${at}${around}.0.weight`)
    for (const part of parts) needed.add(around === undefined ? `${at}bn${number}.${part}` : `${at}${around}.1.${part}`)
  }
  return [...needed].filter((name) => !weights.has(name)).map((name) => prefix + name)
}
