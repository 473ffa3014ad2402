import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import { Scores } from "../tables.ts"
import * as Grid from "./grid.ts"
import { noiseTable, unpairedNoise } from "./noiseRows.ts"
import { Lead, Level } from "./params.ts"
import { published } from "./published.ts"
import { Noise } from "./tables.ts"

const { metric, metrics, sets } = Grid.which
const Params = Schema.Struct({ sets, metric, metrics, level: Level, lead: Lead })
type Params = typeof Params.Type

/**
 * As `noise`, from accuracies and numbers of images alone. On how many images
 * two models differ cannot be said, so `discordance` is NaN and outcomes are
 * taken as independent. Models that are right on the same images differ by
 * chance less than that: `error`, `smallest` and `noise` are then too large.
 */
export const publishedNoise = whole("publishedNoise", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Noise,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const columns = yield* published(scores, params)
    return noiseTable(
      columns.map((set) => unpairedNoise(set, params)),
      params,
    )
  }),
})
