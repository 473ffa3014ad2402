import type { Node } from "../src/dsl/Node.ts"
import type { Edges, Optional } from "../src/dsl/Stage.ts"
import { head } from "./probes/head.ts"
import { knnDino } from "./probes/knnDino.ts"
import { knnMarks } from "./probes/knnMarks.ts"
import { linearBarlow } from "./probes/linearBarlow.ts"
import { linearCole } from "./probes/linearCole.ts"
import { linearDino } from "./probes/linearDino.ts"
import { linearDinov2 } from "./probes/linearDinov2.ts"
import { linearMarks } from "./probes/linearMarks.ts"
import { linearMocoV2 } from "./probes/linearMocoV2.ts"
import { linearMocoV3 } from "./probes/linearMocoV3.ts"
import { linearSimclr } from "./probes/linearSimclr.ts"
import { linearSwav } from "./probes/linearSwav.ts"
import { linearVicreg } from "./probes/linearVicreg.ts"
import { linearVissl } from "./probes/linearVissl.ts"
import { logistic } from "./probes/logistic.ts"
import { ridge } from "./probes/ridge.ts"
import type { Features, Labels, Probe } from "./tables.ts"

/** The protocols by name. Each is a stage of its own, declared in a file of its own. */
export const protocols = {
  "linear/cole": linearCole,
  "linear/simclr": linearSimclr,
  "linear/moco-v2": linearMocoV2,
  "linear/moco-v3": linearMocoV3,
  "linear/swav": linearSwav,
  "linear/barlow": linearBarlow,
  "linear/vicreg": linearVicreg,
  "linear/dino": linearDino,
  "linear/dinov2": linearDinov2,
  "linear/vissl": linearVissl,
  "linear/marks": linearMarks,
  logistic,
  ridge,
  "knn/dino": knnDino,
  "knn/marks": knnMarks,
  head,
}

type Inputs = Edges<{ readonly features: typeof Features; readonly labels: typeof Labels }>
type HeadInputs = Edges<{ readonly features: typeof Features; readonly labels: Optional<typeof Labels> }>
type Params<Stage extends (...args: never) => unknown> = Parameters<Stage>[1]
type Default = (typeof protocols)["linear/cole"]

/** The params of one of the protocols; those of `linear/cole` where none is named. */
export type FitParams =
  | { [Name in keyof typeof protocols]: Params<(typeof protocols)[Name]> }[keyof typeof protocols]
  | (Omit<Params<Default>, "protocol"> & { readonly protocol?: never })

// Compared as methods are: each protocol takes its own params only, and the table below picks by their name.
type Fit = { call(inputs: HeadInputs, params: { readonly protocol: string }): Node<typeof Probe> }["call"]
const byName: Readonly<Record<string, Fit>> = protocols

/**
 * Fits a probe on features and labels, joined by id, by one of the
 * {@link protocols}: a whole-table stage. Images without a label are left out.
 * The params are the protocol's own, with its defaults (`epochs`, `batch`,
 * `rate`, `seed`; `k`, `temperature`), and those that all have: `normalise`
 * and `classes`. The same seed gives the same bytes. Linear protocols take
 * lists as `rate` and `decay`, train all of them together and choose one on a
 * part of the training set that is held out.
 *
 * @example
 * const probe = fitProbe({ features, labels })
 * const neighbours = fitProbe({ features, labels }, { protocol: "knn/dino", k: 10 })
 * const own = fitProbe({ features: logits }, { protocol: "head" })
 * const swept = fitProbe({ features, labels }, { protocol: "linear/moco-v3", rate: [0.1, 1, 3] })
 */
export function fitProbe(inputs: Inputs, params?: FitParams): Node<typeof Probe>
/** Takes features as the logits that they are: labels may be left out. */
export function fitProbe(inputs: HeadInputs, params: Params<typeof head>): Node<typeof Probe>
export function fitProbe(inputs: HeadInputs, params: FitParams = {}): Node<typeof Probe> {
  const named = { ...params, protocol: params.protocol ?? "linear/cole" }
  // A name that is not in the table, which the compiler would have found, is then a bad param of the default.
  return (byName[named.protocol] ?? linearCole)(inputs, named)
}
