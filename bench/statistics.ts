/**
 * Seconds for 10,000 paired resamples of 12 correlated models on six sets of
 * up to 50,000 images, two of which share their images; for the stages that
 * stand on them; and for what is said of 1,500 models on six sets from published
 * accuracies. Run: `npx tsx bench/statistics.ts [models] [resamples] [published models]`.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { availableParallelism } from "node:os"
import { rowCount } from "../src/arrow/Batch.ts"
import type { Batch, Table } from "../src/arrow/Table.ts"
import type { AnyReaders } from "../src/dsl/Stage.ts"
import { random } from "../stages/random.ts"
import { resample } from "../stages/statistics/bootstrap.ts"
import { intervals } from "../stages/statistics/intervals.ts"
import { noise } from "../stages/statistics/noise.ts"
import { pairs } from "../stages/statistics/pairs.ts"
import { patternsOf } from "../stages/statistics/patterns.ts"
import { publishedIntervals } from "../stages/statistics/publishedIntervals.ts"
import { publishedNoise } from "../stages/statistics/publishedNoise.ts"
import { publishedPairs } from "../stages/statistics/publishedPairs.ts"
import { publishedRankProbabilities } from "../stages/statistics/publishedRankProbabilities.ts"
import { publishedRankSets } from "../stages/statistics/publishedRankSets.ts"
import { rankProbabilities } from "../stages/statistics/rankProbabilities.ts"
import { rankSets } from "../stages/statistics/rankSets.ts"
import type { SetOutcomes } from "../stages/statistics/SetOutcomes.ts"
import { Outcomes } from "../stages/statistics/tables.ts"
import { Scores } from "../stages/tables.ts"
import { paramsOf, readerOf, services, type StageTo } from "../test/harness.ts"

const models = Number(process.argv[2] ?? 12)
const resamples = Number(process.argv[3] ?? 10_000)
const publishedModels = Number(process.argv[4] ?? 1500)

/** The sizes of the six sets, and how good models are on them. */
const sizes = { validation: 50_000, real: 46_837, v2: 10_000, rendition: 30_000, sketch: 50_000, adversarial: 7_500 }
const levels = { validation: 0.75, real: 0.81, v2: 0.6, rendition: 0.2, sketch: 0.21, adversarial: 0.02 }

/** An image is as hard for all models, within a share of chance that is each one's own. */
const outcomes = (set: keyof typeof sizes): SetOutcomes => {
  const images = set === "real" ? "validation" : set
  const hardness = random(`hardness of ${images}`)
  const hits = Array.from({ length: models }, () => new Uint8Array(sizes[set]))
  const own = hits.map((_, model) => random(`${model} on ${set}`))
  for (let image = 0; image < sizes[set]; image++) {
    const hard = Math.min(0.999, Math.max(0.001, hardness.next()))
    const easy = Math.log((1 - hard) / hard) + Math.log(levels[set] / (1 - levels[set]))
    for (const [model, row] of hits.entries()) {
      const logit = 1.5 * easy - model * 0.03
      if (own[model]?.chance(1 / (1 + Math.exp(-logit)))) row[image] = 1
    }
  }
  return {
    set,
    models: hits.map((_, model) => `model ${model}`),
    ids: Array.from({ length: sizes[set] }, (_, i) => `${images}/${i}`),
    hits,
  }
}

const report = (what: string, start: number, more = "") => {
  const seconds = (performance.now() - start) / 1000
  const memory = process.resourceUsage().maxRSS / 1024
  console.log(`${what.padEnd(28)} ${seconds.toFixed(1).padStart(5)} s  at most ${memory.toFixed(0)} MB so far  ${more}`)
}

/** Runs a stage, and forgets its rows batch by batch. */
const timed = Effect.fnUntraced(function* (stage: StageTo<Table>, inputs: AnyReaders, params: unknown) {
  const start = performance.now()
  if (stage.kind !== "whole") return
  const made = yield* stage.run(inputs, yield* paramsOf(stage, params))
  let rows = 0
  const count = (batch: Batch<Table>) => Effect.sync(() => void (rows += rowCount(stage.output, batch)))
  yield* Stream.runForEach(Stream.isStream(made) ? made : Stream.succeed(made), count)
  report(stage.name, start, `${rows} rows`)
}, Effect.scoped)

const perImage = Effect.gen(function* () {
  const sets = (["validation", "real", "v2", "rendition", "sketch", "adversarial"] as const).map(outcomes)
  const patterns = sets.map((set) => patternsOf([set]).sizes.length)
  console.log(`${models} models, ${resamples} resamples; patterns ${patterns.join(", ")},`)
  console.log(`of validation and real together ${patternsOf(sets.slice(0, 2)).sizes.length}`)
  const start = performance.now()
  let sum = 0
  yield* resample(sets, { resamples, seed: 0 }, ({ accuracies }) =>
    Effect.sync(() => {
      for (const accuracy of accuracies) sum += accuracy
    }),
  )
  report("resample", start, `mean accuracy ${(sum / resamples / models / 6).toFixed(4)}`)
  const cells = sets.flatMap(({ models: names, set }) => names.map((model) => [model, set] as const))
  const inputs = {
    outcomes: sets.flatMap(({ hits, ids }) =>
      hits.map((row) => readerOf(Outcomes, { id: ids, hit: Int32Array.from(row) })),
    ),
  }
  for (const stage of [intervals, pairs, noise]) yield* timed(stage, inputs, { cells })
  for (const stage of [rankSets, rankProbabilities]) yield* timed(stage, inputs, { cells, resamples })
})

const published = Effect.gen(function* () {
  const { next } = random("published")
  const names = Array.from({ length: publishedModels }, (_, model) => `model ${model}`)
  const rows = Object.entries(sizes).flatMap(([set, images], at) =>
    names.map((model) => ({ model, set, images, value: Math.round((0.15 + at / 10 + next() * 0.3) * 1000) / 1000 })),
  )
  const scores = readerOf(Scores, {
    model: rows.map(({ model }) => model),
    set: rows.map(({ set }) => set),
    metric: rows.map(() => "top1"),
    class: new Int32Array(rows.length).fill(-1),
    value: Float64Array.from(rows, ({ value }) => value),
    images: Int32Array.from(rows, ({ images }) => images),
    skipped: new Int32Array(rows.length),
    unlabelled: new Int32Array(rows.length),
  })
  console.log(`${publishedModels} published models on six sets, as often drawn as the stages do by themselves`)
  const start = performance.now()
  const stages = [publishedIntervals, publishedPairs, publishedNoise, publishedRankSets, publishedRankProbabilities]
  for (const stage of stages) {
    yield* timed(stage, { scores: [scores] }, {})
  }
  report("together", start)
})

await Effect.runPromise(
  Effect.provide(Effect.andThen(perImage, published), services({ cores: availableParallelism() })),
)
