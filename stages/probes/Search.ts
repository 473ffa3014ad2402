import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Normalise } from "./normalise.ts"

/** How rows are compared. */
export type Metric = "cosine" | "euclidean"

/** What is done to features first. `standardise-own` standardises what is looked up by its own statistics. */
export type SearchNormalise = Normalise | "standardise-own"

/** How a probe of neighbours looks for them. */
export interface Search {
  readonly metric: Metric
  readonly normalise: SearchNormalise
  /** How many neighbours are kept of each row; all there are where those are fewer. */
  readonly depth: number
  readonly classes?: number
  /** GB of features that may be in memory. */
  readonly memory: number
}

/**
 * At least so many neighbours are kept, so that probes of other k and
 * temperature share one search. DINO's k end here.
 */
export const leastDepth = 200

/** Says how a protocol's probes look for neighbours, by their params as written in a pipeline. */
export interface Searching {
  /** None where the params are bad. */
  readonly search: (params: unknown) => Option.Option<Search>
}

/** Adds that to the stage of a protocol. */
export const searching = <Stage extends object, P extends Schema.Codec<unknown, unknown>>(
  stage: Stage,
  params: P,
  search: (params: P["Type"]) => Search,
): Stage & Searching => {
  const decode = Schema.decodeUnknownOption(params)
  return Object.assign(stage, { search: (given: unknown) => Option.map(decode(given), search) })
}
