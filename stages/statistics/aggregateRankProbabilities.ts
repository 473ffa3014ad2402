import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { whole } from "../../src/dsl/Stage.ts"
import { StageError } from "../../src/dsl/StageError.ts"
import * as Session from "../../src/onnx/Session.ts"
import { countRanks, probabilityRows } from "./rankCounts.ts"
import { RankProbabilities, Replicates } from "./tables.ts"

// Draws that are ranked at once: 8 MB.
const portion = 2 ** 20

/**
 * As `rankProbabilities`, by each aggregate (`set` is `weighted`, `geometric` or
 * `precision`): how often each model has each rank when the images are drawn
 * again, from replicates.
 */
export const aggregateRankProbabilities = whole("aggregateRankProbabilities", {
  module: import.meta,
  params: Schema.Struct({}),
  inputs: { replicates: Replicates },
  output: RankProbabilities,
  environment: Session.environment,
  run: Effect.fnUntraced(function* ({ replicates }) {
    const all = yield* replicates.all
    const rows = Map.groupBy(all.aggregate.keys(), (row) => all.aggregate[row] ?? "")
    return Stream.fromIterable(rows).pipe(
      Stream.mapEffect(
        Effect.fnUntraced(function* ([aggregate, rows]) {
          const models = rows.map((row) => all.model[row] ?? "")
          const lists = rows.map((row) => all.replicates[row] ?? new Float32Array(0))
          const draws = lists[0]?.length ?? 0
          if (draws === 0 || lists.some((list) => list.length !== draws)) {
            return yield* new StageError({ message: `the models have not equally many replicates of ${aggregate}` })
          }
          const step = Math.max(1, Math.floor(portion / models.length))
          const counts = yield* countRanks(
            models.length,
            Effect.fnUntraced(function* (take) {
              for (let start = 0; start < draws; start += step) {
                const rows = Math.min(step, draws - start)
                const accuracies = new Float64Array(rows * models.length)
                for (const [model, list] of lists.entries()) {
                  for (let row = 0; row < rows; row++) accuracies[row * models.length + model] = list[start + row] ?? 0
                }
                yield* take({ start, rows, accuracies })
              }
            }),
          )
          return probabilityRows(aggregate, models, counts, draws)
        }),
      ),
      Stream.flatMap(Stream.fromIterable),
    )
  }),
})
