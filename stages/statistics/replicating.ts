import * as Effect from "effect/Effect"
import type { Batch } from "../../src/arrow/Table.ts"
import { aggregateNames, averaging, precisionWeighted } from "./averaging.ts"
import { aggregates, type Grid } from "./grid.ts"
import type { Replicates } from "./tables.ts"

// Numbers that are averaged at once: 4 MB.
const portion = 2 ** 19

/**
 * Gathers replicates of the aggregates over the sets other than the reference:
 * `add` takes accuracies `[rows, models, sets]` of the draws from `start` on.
 */
export const replicating = Effect.fnUntraced(function* (grid: Grid, resamples: number) {
  const { models, others } = grid
  const each = models.length * others.length
  const step = Math.max(1, Math.floor(portion / each))
  const average = yield* averaging(models.length, others, step)
  const lists = models.flatMap(() => aggregateNames.map(() => new Float32Array(resamples)))

  const add = Effect.fnUntraced(function* (start: number, rows: number, accuracies: Float64Array) {
    for (let done = 0; done < rows; done += step) {
      const now = Math.min(step, rows - done)
      const columns = yield* average(now, accuracies.slice(done * each, (done + now) * each))
      for (const [at, list] of lists.entries()) list.set(columns.subarray(at * now, (at + 1) * now), start + done)
    }
  })

  const [weighted, geometric] = aggregates(grid)
  const measured = models.flatMap((_, model) => {
    const cells = others.map(({ images, values }) => ({ value: values[model] ?? 0, images: images[model] ?? 0 }))
    return [weighted?.values[model], geometric?.values[model], precisionWeighted(cells).value]
  })
  const batch = (): Batch<typeof Replicates> => ({
    model: models.flatMap((model) => aggregateNames.map(() => model)),
    aggregate: models.flatMap(() => aggregateNames),
    value: Float64Array.from(measured, (value) => value ?? Number.NaN),
    replicates: lists,
  })
  return { add, batch }
})
