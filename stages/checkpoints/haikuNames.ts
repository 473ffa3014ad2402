/** ResNets by the names that Haiku gives (BYOL's authors: google-deepmind/deepmind-research, `byol/utils/networks.py`). */
import { flat, kernel, transposed } from "./axes.ts"
import type { Candidate } from "./Candidate.ts"
import { few } from "./few.ts"
import type { Weight, Weights } from "./Weight.ts"

const stem = /^(.*\.)?([^.]*)initial_conv(?:_1)?\.w$/u

/** What torchvision calls a module. */
const moduleName = (module: string): string | undefined => {
  const initial = /^initial_(conv|batchnorm)(?:_1)?$/u.exec(module)
  if (initial !== null) return initial[1] === "conv" ? "conv1" : "bn1"
  const block = /^block_group_(\d+)\/~\/block_(\d+)\/~\/(shortcut_)?(conv|batchnorm)(?:_(\d+))?$/u.exec(module)
  if (block === null) return undefined
  const [, group, index, shortcut, kind, number] = block
  const at = `layer${Number(group) + 1}.${index}`
  if (shortcut !== undefined) return `${at}.downsample.${kind === "conv" ? 0 : 1}`
  return `${at}.${kind === "conv" ? "conv" : "bn"}${Number(number) + 1}`
}

type Renamed = readonly [name: string, weight: Weight]

const parameter = (network: string, name: string, weight: Weight): Renamed => {
  const at = name.lastIndexOf(".")
  const [module, kind] = [name.slice(0, at), name.slice(at + 1)]
  if (module === "classifier") return [kind === "w" ? "fc.weight" : "fc.bias", transposed(weight)]
  const known = module.startsWith(network) ? moduleName(module.slice(network.length)) : undefined
  if (known === undefined) return [name, weight]
  if (kind === "w") return [`${known}.weight`, kernel(weight)]
  if (kind === "scale") return [`${known}.weight`, flat(weight)]
  return kind === "offset" ? [`${known}.bias`, flat(weight)] : [name, weight]
}

/** The running mean or variance of a module; what else it counts says nothing of the network. */
const statistic = (network: string, name: string, weight: Weight): ReadonlyArray<Renamed> => {
  const found = /^(.*)\/~\/(mean|var)_ema\.average$/u.exec(name)
  if (found === null || !found[1]?.startsWith(network)) return []
  const known = moduleName(found[1].slice(network.length))
  return known === undefined ? [] : [[`${known}.running_${found[2]}`, flat(weight)]]
}

const below = (weights: Weights, prefix: string): ReadonlyArray<Renamed> =>
  [...weights].flatMap(([name, weight]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), weight]] : []))

/**
 * The networks of a Haiku tree, with torchvision's names. Running statistics lie
 * in a tree of their own (`online_params` and `online_state`). Convolutions and
 * the pooling are padded as `SAME` says.
 */
export const candidates = (weights: Weights): ReadonlyArray<Candidate> =>
  few([...weights.keys()].filter((name) => stem.test(name))).map((name) => {
    const [, prefix = "", network = ""] = stem.exec(name) ?? []
    const parameters = below(weights, prefix).map(([name, weight]) => parameter(network, name, weight))
    const state = prefix.replace(/params\.$/u, "state.")
    const statistics = below(weights, state).flatMap(([name, weight]) => statistic(network, name, weight))
    const elsewhere = [...weights.keys()].filter((name) => name.startsWith(state))
    return { prefix, weights: new Map([...parameters, ...statistics]), elsewhere, padding: "same" as const }
  })
