import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Progress } from "../../src/dsl/Services.ts"
import { many, whole } from "../../src/dsl/Stage.ts"
import * as Session from "../../src/onnx/Session.ts"
import { Scores } from "../tables.ts"
import { Draws } from "./Draws.ts"
import { Drawn, enough } from "./enough.ts"
import { hasOthers, read, which } from "./grid.ts"
import { Seed } from "./params.ts"
import { replicating } from "./replicating.ts"
import { Replicates } from "./tables.ts"

const Params = Schema.Struct({
  ...which,
  resamples: Drawn,
  seed: Seed,
})
type Params = typeof Params.Type

// Draws that are handed on at once.
const portion = 2 ** 19

/**
 * What `replicates` gives, from accuracies alone: the parametric bootstrap.
 * Each hit count is drawn from the binomial distribution with the measured
 * accuracy, independently for each model and set. Models that were judged on the
 * same images mostly err on the same ones, so their differences, and their
 * ranks, are surer than these draws say.
 *
 * Errors: as `aggregate`; no set but the reference.
 */
export const publishedReplicates = whole("publishedReplicates", {
  module: import.meta,
  params: Params,
  inputs: { scores: many(Scores) },
  output: Replicates,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ scores }, params: Params) {
    const grid = yield* read(scores, params)
    const { models, others } = grid
    yield* hasOthers(grid)
    const resamples = params.resamples ?? enough(models.length)
    const progress = yield* Progress
    const gathered = yield* replicating(grid, resamples)
    const source = new Draws(`published/${params.seed}`)
    const each = models.length * others.length
    const step = Math.max(1, Math.floor(portion / each))
    const accuracies = new Float64Array(step * each)
    for (let start = 0; start < resamples; start += step) {
      const rows = Math.min(step, resamples - start)
      let at = 0
      for (let row = 0; row < rows; row++) {
        for (let model = 0; model < models.length; model++) {
          for (const { images, values } of others) {
            const n = images[model] ?? 0
            accuracies[at++] = source.binomial(n, values[model] ?? 0) / n
          }
        }
      }
      yield* gathered.add(start, rows, accuracies)
      yield* progress.report(start + rows, resamples, "resamples")
      yield* Effect.yieldNow
    }
    return gathered.batch()
  }),
})
