import { few } from "./few.ts"
import * as haiku from "./haikuNames.ts"
import { listed } from "./listed.ts"
import { Malformed } from "./Malformed.ts"
import * as obow from "./obowNames.ts"
import * as simclr from "./simclrNames.ts"
import type { Interpolation } from "./vitPositions.ts"
import { count, type Weight, type Weights } from "./Weight.ts"

/**
 * How a network pads: evenly, as PyTorch's do; as TensorFlow's `SAME` says, the
 * odd one behind; or so in the pooling alone.
 */
export type Padding = "even" | "same" | "same-pool"

/** Weights of one network in a checkpoint, with the names it gives them itself. */
export interface Candidate {
  /** What stands in front of these names in the file: `state_dict.module.encoder_q.`. */
  readonly prefix: string
  readonly weights: Weights
  /** Names in the file that it takes from elsewhere: running statistics, a head. */
  readonly elsewhere?: ReadonlyArray<string>
  /** `even` where nothing is said. */
  readonly padding?: Padding
  /** How many heads a vision transformer's attention has; 64 columns each where nothing is said. */
  readonly heads?: number
  /** How its positions are interpolated; `size` where nothing is said. */
  readonly interpolation?: Interpolation
}

/** Names by which a network is known, and what else must then be there. */
const signs = [
  { name: "conv1.weight", beside: "layer1.0.conv1.weight" },
  { name: "patch_embed.proj.weight", beside: "pos_embed" },
  { name: "patch_embed.proj.weight", beside: "blocks.0.norm1.weight" },
  { name: "patch_embed.projection.weight", beside: "layers.0.ln1.weight" },
]

const below = (weights: Weights, prefix: string): Weights =>
  new Map(
    [...weights].flatMap(([name, weight]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), weight]] : [])),
  )

/** All networks that a checkpoint holds, in the order of the file. */
export const all = (weights: Weights): ReadonlyArray<Candidate> => {
  const prefixes = new Set<string>()
  for (const name of weights.keys()) {
    for (const sign of signs) {
      if (!name.endsWith(sign.name)) continue
      const prefix = name.slice(0, -sign.name.length)
      // `layer1.0.conv1.weight` ends as the stem's name does.
      if ((prefix === "" || prefix.endsWith(".")) && weights.has(prefix + sign.beside)) prefixes.add(prefix)
    }
  }
  return [
    ...few([...prefixes]).map((prefix) => ({ prefix, weights: below(weights, prefix) })),
    ...haiku.candidates(weights),
    ...simclr.candidates(weights),
    ...obow.candidates(weights),
  ]
}

/**
 * Of two networks in one file, which is meant where nothing is said: the one
 * that the authors' own evaluation takes.
 */
const preferred = [
  { one: "encoder_q.", other: "encoder_k." },
  { one: "base_encoder.", other: "momentum_encoder." },
  { one: "teacher.", other: "student." },
  { one: "online_backbone.", other: "target_backbone." },
  { one: "online_network.", other: "target_network." },
  { one: "online_params.", other: "target_params." },
  { one: "feature_extractor.", other: "feature_extractor_teacher." },
  { one: "target_encoder.", other: "encoder." },
]

const within = (prefix: string, part: string) => `.${prefix}`.includes(`.${part}`)

const beats = (a: Candidate, b: Candidate) =>
  preferred.some(({ one, other }) => within(a.prefix, one) && within(b.prefix, other))

/** The candidates that a part of their prefix names: as a whole, from a dot on, or anywhere, the first of these that fits any. */
const called = (candidates: ReadonlyArray<Candidate>, wanted: string): ReadonlyArray<Candidate> => {
  const ways = [
    (prefix: string) => prefix === wanted,
    (prefix: string) => within(prefix, wanted),
    (prefix: string) => prefix.includes(wanted),
  ]
  for (const fits of ways) {
    const found = candidates.filter(({ prefix }) => fits(prefix))
    if (found.length > 0) return found
  }
  return []
}

/** The network that is meant: the one named by `wanted` (its prefix or a part of it), or the only or usual one. */
export const choose = (weights: Weights, wanted: string | undefined): Candidate => {
  const candidates = all(weights)
  const names = candidates.map(({ prefix }) => JSON.stringify(prefix)).join(", ")
  const matching = wanted === undefined ? candidates : called(candidates, wanted)
  const best = matching.filter((one) => matching.every((other) => other === one || beats(one, other)))
  const [only] = matching.length === 1 ? matching : best
  if (only !== undefined) return only
  if (candidates.length === 0) {
    throw new Malformed(
      `no network is recognised among its ${weights.size} weights: ${listed([...weights.keys()])}`,
      "ResNets are, by torchvision's, Haiku's and SimCLR's names, and ViTs by timm's; export others to ONNX",
    )
  }
  throw new Malformed(
    wanted === undefined
      ? `it holds several networks: ${names}`
      : `none or several of its networks are called ${wanted}: ${names}`,
    "say which with `weights`, by a part of these names that only one has",
  )
}

/** Weights that are taken by name, so that it is known in the end which were not. */
export interface Taking {
  readonly has: (name: string) => boolean
  /** A weight; a missing one is an error that names it. */
  readonly take: (name: string) => Weight
  /** Takes a name out without using it. */
  readonly leave: (test: (name: string) => boolean) => ReadonlyArray<string>
  /** Names that nothing has taken. */
  readonly rest: () => ReadonlyArray<string>
}

// An ONNX file holds at most 2 GB. Many names for one large array are soon more.
const mostElements = 2 ** 29

/** Begins to take weights of a network. */
export const taking = ({ prefix, weights }: Candidate): Taking => {
  const left = new Set(weights.keys())
  let elements = 0
  return {
    has: (name) => weights.has(name),
    take: (name) => {
      const weight = weights.get(name)
      if (weight === undefined) throw new Malformed(`the weight ${prefix}${name} is missing`)
      left.delete(name)
      elements += count(weight)
      if (elements > mostElements) throw new Malformed("its network is larger than an ONNX file can be: 2 GB")
      return weight
    },
    leave: (test) => {
      const found = [...left].filter(test)
      for (const name of found) left.delete(name)
      return found
    },
    rest: () => [...left],
  }
}
