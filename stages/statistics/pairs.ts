import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { contingency, hitsOf } from "./contingency.ts"
import { pairedRows } from "./pairRows.ts"
import { Cells, Every, Level } from "./params.ts"
import { readSets } from "./SetOutcomes.ts"
import { Outcomes, Pairs } from "./tables.ts"
import { lookedAt } from "./twos.ts"

const Params = Schema.Struct({
  cells: Cells,
  level: Level,
  every: Every,
  /** Which p-value is adjusted after Holm; McNemar's mid-p where nothing is said. */
  test: Schema.Literals(["mid", "exact"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("mid"))),
})
type Params = typeof Params.Type

/**
 * Every two models on each set, on the same images: the difference of their
 * accuracies with Tango's score interval (`method` is `tango`), McNemar's exact
 * and mid-p tests, and one of them adjusted after Holm over all pairs of the
 * set. The interval is for the pair alone: it is not adjusted.
 *
 * The mid-p test is the default because the exact one refuses true equality far
 * less often than it says (Fagerland, Lydersen and Laake 2013). Rows are set by
 * set, the first model before all others, and so on. Of more than `every` models
 * (200 where nothing is said) there are rows only for those that are neighbours
 * on any of the sets; Holm's adjustment is over all pairs even so.
 *
 * Errors: two models of a set judged on other images.
 *
 * @example
 * pairs([outcomes1, outcomes2], { cells: [["DINO", "v2"], ["MoCo", "v2"]] })
 */
export const pairs = whole("pairs", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: Pairs,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const sets = yield* readSets(outcomes, params.cells)
    const counts = yield* Effect.forEach(sets, contingency)
    const pairs = lookedAt(
      counts.map((set) => ({ models: set.models, values: hitsOf(set) })),
      params.every,
    )
    return Stream.fromIterable(counts).pipe(
      Stream.zip(Stream.fromIterable(pairs)),
      Stream.flatMap(([set, places]) => Stream.fromIterable(pairedRows(set, places(), params))),
    )
  }),
})
