import type { Node } from "../src/dsl/Node.ts"
import type { Edges } from "../src/dsl/Stage.ts"
import { knnDino } from "./probes/knnDino.ts"
import { linearCole } from "./probes/linearCole.ts"
import type { Features, Labels, Probe } from "./tables.ts"

/** The protocols by name. Each is a stage of its own, declared in a file of its own. */
export const protocols = {
  "linear/cole": linearCole,
  "knn/dino": knnDino,
}

type Inputs = Edges<{ readonly features: typeof Features; readonly labels: typeof Labels }>
type Params<Stage extends (...args: never) => unknown> = Parameters<Stage>[1]
type Default = (typeof protocols)["linear/cole"]

/** The params of one of the protocols; those of `linear/cole` where none is named. */
export type FitParams =
  | { [Name in keyof typeof protocols]: Params<(typeof protocols)[Name]> }[keyof typeof protocols]
  | (Omit<Params<Default>, "protocol"> & { readonly protocol?: never })

// Compared as methods are: each protocol takes its own params only, and the table below picks by their name.
type Fit = { call(inputs: Inputs, params: { readonly protocol: string }): Node<typeof Probe> }["call"]
const byName: Readonly<Record<string, Fit>> = protocols

/**
 * Fits a probe on features and labels, joined by id, by one of the
 * {@link protocols}: a whole-table stage. Images without a label are left out.
 * The params are the protocol's own, with its defaults (`epochs`, `batch`,
 * `rate`, `seed`; `k`, `temperature`), and those that all have: `normalise`
 * and `classes`. The same seed gives the same bytes.
 *
 * @example
 * const probe = fitProbe({ features, labels })
 * const neighbours = fitProbe({ features, labels }, { protocol: "knn/dino", k: 10 })
 */
export const fitProbe = (inputs: Inputs, params: FitParams = {}): Node<typeof Probe> => {
  const named = { ...params, protocol: params.protocol ?? "linear/cole" }
  // A name that is not in the table, which the compiler would have found, is then a bad param of the default.
  return (byName[named.protocol] ?? linearCole)(inputs, named)
}
