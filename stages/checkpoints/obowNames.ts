/** ResNets as OBoW's authors keep them while they train (valeoai/obow, `feature_extractor.py`): a list of blocks. */
import type { Candidate } from "./Candidate.ts"
import { few } from "./few.ts"
import type { Weights } from "./Weight.ts"

const sign = "_feature_blocks.0.Conv.weight"

const renamed = (name: string): string =>
  name
    .replace(/^0\.Conv\./u, "conv1.")
    .replace(/^0\.bn\./u, "bn1.")
    .replace(/^([1-9])\./u, "layer$1.")

/** The networks of such a checkpoint (`feature_extractor`, the student, and its teacher), with torchvision's names. */
export const candidates = (weights: Weights): ReadonlyArray<Candidate> =>
  few([...weights.keys()].filter((name) => name.endsWith(sign))).map((stem) => {
    const prefix = stem.slice(0, -"0.Conv.weight".length)
    const all = [...weights].flatMap(([name, weight]) =>
      name.startsWith(prefix) ? [[renamed(name.slice(prefix.length)), weight] as const] : [],
    )
    return { prefix, weights: new Map(all) }
  })
