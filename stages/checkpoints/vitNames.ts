/** The names of a vision transformer's weights as timm gives them. */
import type { Candidate } from "./Candidate.ts"

// MMSelfSup and MMPretrain (`mmpretrain/models/backbones/vision_transformer.py`).
const replaced = [
  [/^patch_embed\.projection\./u, "patch_embed.proj."],
  [/^ln1\./u, "norm."],
  [/^layers\.(\d+)\.ln([12])\./u, "blocks.$1.norm$2."],
  [/^layers\.(\d+)\.ffn\.layers\.0\.0\./u, "blocks.$1.mlp.fc1."],
  [/^layers\.(\d+)\.ffn\.layers\.1\./u, "blocks.$1.mlp.fc2."],
  [/^layers\.(\d+)\./u, "blocks.$1."],
] as const

const fromMm = (name: string): string => {
  const found = replaced.find(([pattern]) => pattern.test(name))
  return found === undefined ? name : name.replace(found[0], found[1])
}

// Layer scale: BEiT's and MMPretrain's names.
const scaled = (name: string): string => name.replace(/^(blocks\.\d+)\.gamma_([12])$/u, "$1.ls$2.gamma")

/** The same network by timm's names. */
export const byTimm = (candidate: Candidate): Candidate => {
  const mm = candidate.weights.has("patch_embed.projection.weight")
  const named = (name: string) => scaled(mm ? fromMm(name) : name)
  return { ...candidate, weights: new Map([...candidate.weights].map(([name, weight]) => [named(name), weight])) }
}
