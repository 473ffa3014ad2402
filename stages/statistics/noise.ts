import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { contingency } from "./contingency.ts"
import { noiseTable, pairedNoise } from "./noiseRows.ts"
import { Cells, Lead, Level } from "./params.ts"
import { readSets } from "./SetOutcomes.ts"
import { Noise, Outcomes } from "./tables.ts"

const Params = Schema.Struct({ cells: Cells, level: Level, lead: Lead })
type Params = typeof Params.Type

/**
 * How much of a lead is noise, a row a set: `noise` is the probability that two
 * equally good models differ by `lead` (a share of images; .001, a tenth of a
 * point, where nothing is said) or more, and `smallest` is the smallest lead
 * that McNemar's mid-p test calls significant at `level`.
 *
 * Equally good models differ by chance with the variance `discordance` / images,
 * where `discordance` is the share of images that exactly one of two gets right:
 * the median over all models and the next best. `noise` takes the difference as normal.
 */
export const noise = whole("noise", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: Noise,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const sets = yield* readSets(outcomes, params.cells)
    const counts = yield* Effect.forEach(sets, contingency)
    return noiseTable(
      counts.map((set) => pairedNoise(set, params)),
      params,
    )
  }),
})
