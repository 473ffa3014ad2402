import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Progress } from "../../src/dsl/Services.ts"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { resample } from "./bootstrap.ts"
import { Cells, Resamples, Seed } from "./params.ts"
import { hasOthers } from "./grid.ts"
import { columnOf, referenceFirst } from "./referenceFirst.ts"
import { replicating } from "./replicating.ts"
import { readSets } from "./SetOutcomes.ts"
import { Outcomes, Replicates } from "./tables.ts"

const Params = Schema.Struct({
  /** The model and the set of each input, in the order of the inputs. */
  cells: Cells,
  /** The set that counts in no aggregate; the first where nothing is said. */
  reference: Schema.optionalKey(Schema.NonEmptyString),
  /** What some sets weigh in the weighted average instead of their number of images. */
  weights: Schema.optionalKey(Schema.Record(Schema.String, Schema.Finite.check(Schema.isGreaterThan(0)))),
  resamples: Resamples,
  seed: Seed,
})
type Params = typeof Params.Type

/**
 * The paired bootstrap of the aggregates over the sets other than the reference:
 * images are drawn with replacement within sets, those that two sets share (by
 * id) together, all models on the same draw; of each draw W (weighing by images,
 * or by `weights`), G and the precision-weighted mean.
 *
 * Errors: as the bootstrap (models of a set on different images, sets of
 * different models); a reference or a weight of a set that is not there; no set
 * but the reference.
 *
 * @example
 * replicates(outcomes, { cells: [["hog", "validation"], ["hog", "sketch"]] })
 */
export const replicates = whole("replicates", {
  module: import.meta,
  params: Params,
  inputs: { outcomes: many(Outcomes) },
  output: Replicates,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ outcomes }, params: Params) {
    const { resamples } = params
    const weights = new Map(Object.entries(params.weights ?? {}))
    const sets = yield* referenceFirst(yield* readSets(outcomes, params.cells), params.reference, [...weights.keys()])
    const [reference, ...others] = sets
    const progress = yield* Progress
    const grid = {
      models: reference.models,
      reference: columnOf(reference, weights),
      others: others.map((set) => columnOf(set, weights)),
    }
    yield* hasOthers(grid)
    const gathered = yield* replicating(grid, resamples)
    yield* resample(others, params, ({ accuracies, rows, start }) =>
      Effect.andThen(gathered.add(start, rows, accuracies), progress.report(start + rows, resamples, "resamples")),
    )
    return gathered.batch()
  }),
})
