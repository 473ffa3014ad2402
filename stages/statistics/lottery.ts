import type { Node } from "../../src/dsl/Node.ts"
import { score } from "../score.ts"
import type { Labels, Predictions, Scores } from "../tables.ts"
import { agreement } from "./agreement.ts"
import { aggregateIntervals } from "./aggregateIntervals.ts"
import { aggregateRankProbabilities } from "./aggregateRankProbabilities.ts"
import { choiceOfSets } from "./choiceOfSets.ts"
import { effects } from "./effects.ts"
import { intervals } from "./intervals.ts"
import { noise } from "./noise.ts"
import { outcomes } from "./outcomes.ts"
import { pairs } from "./pairs.ts"
import { publishedEffects } from "./publishedEffects.ts"
import { publishedIntervals } from "./publishedIntervals.ts"
import { publishedNoise } from "./publishedNoise.ts"
import { publishedPairs } from "./publishedPairs.ts"
import { publishedRankProbabilities } from "./publishedRankProbabilities.ts"
import { publishedRankSets } from "./publishedRankSets.ts"
import { publishedReplicates } from "./publishedReplicates.ts"
import { rankProbabilities } from "./rankProbabilities.ts"
import { rankSets } from "./rankSets.ts"
import { regressions } from "./regressions.ts"
import { replicates } from "./replicates.ts"
import type { Replicates } from "./tables.ts"
import { verdicts } from "./verdicts.ts"

/** A model on a set: what it predicts, and what is right. */
export interface Cell {
  readonly model: string
  readonly set: string
  readonly predictions: Node<typeof Predictions>
  readonly labels: Node<typeof Labels>
}

/** What all statistics share. */
export interface Options {
  /** What some sets weigh in the weighted average instead of their number of images. */
  readonly weights?: Readonly<Record<string, number>>
  /** Of intervals, rank sets and tests; .95 where nothing is said. */
  readonly level?: number
  /** Decides every draw; 0 where nothing is said. */
  readonly seed?: number
  /** The lead of which `noise` says how much chance makes of it; .001, a tenth of a point, where nothing is said. */
  readonly lead?: number
}

const settled = ({ lead = 0.001, level = 0.95, seed = 0, weights = {} }: Options) => ({ lead, level, seed, weights })

/** What is said of how the sets agree, from scores. */
const fromScores = (
  scores: ReadonlyArray<Node<typeof Scores>>,
  which: { readonly reference: string; readonly weights: Readonly<Record<string, number>> },
  level: number,
) => ({
  agreement: agreement(scores, { ...which, level }),
  regressions: regressions(scores, { ...which, level }),
})

/** What is said of aggregates from their replicates. */
const fromReplicates = (drawn: Node<typeof Replicates>, level: number) => ({
  aggregateIntervals: aggregateIntervals(drawn, { level }),
  aggregateRankProbabilities: aggregateRankProbabilities(drawn),
})

/**
 * Was it a lottery? Every statistic of a benchmark from its cells, as nodes by
 * name, to be spread into a pipeline's targets: accuracies with intervals, every
 * two models on every set, what noise does, which ranks each model could have
 * and how probable they are, aggregates and leads over the sets with intervals,
 * agreement of the sets, how much hangs on their choice, and verdicts in words.
 *
 * Every model needs a cell on every set, all of a set on the same images. What
 * is over sets is over those other than the reference, and left out where there
 * is none.
 * `scores` are those of the cells where a pipeline has them already; `top1` is judged.
 *
 * @example
 * Pipeline.main(import.meta, "benchmark", { table: aggregate(scores), ...lottery({ cells, scores, reference: "validation" }) })
 */
export const lottery = ({
  cells: given,
  reference,
  resamples = 10_000,
  scores = given.map(({ labels, model, predictions, set }) =>
    score({ predictions, labels }, { model, set, metrics: ["top1"] }),
  ),
  ...options
}: Options & {
  readonly cells: ReadonlyArray<Cell>
  readonly reference: string
  readonly scores?: ReadonlyArray<Node<typeof Scores>>
  /** How often images are drawn again; 10,000 times where nothing is said. */
  readonly resamples?: number
}) => {
  const { lead, level, seed, weights } = settled(options)
  const cells = given.map(({ model, set }) => [model, set] as const)
  const judged = given.map(({ labels, predictions }) => outcomes({ predictions, labels }))
  const paired = pairs(judged, { cells, level })
  const sets = rankSets(judged, { cells, level, resamples, seed })
  const alone = {
    intervals: intervals(judged, { cells, level }),
    pairs: paired,
    noise: noise(judged, { cells, level, lead }),
    rankSets: sets,
    rankProbabilities: rankProbabilities(judged, { cells, resamples, seed }),
    ...fromScores(scores, { reference, weights }, level),
  }
  // One set alone has nothing to be averaged or chosen.
  if (given.every(({ set }) => set === reference)) {
    return { ...alone, verdicts: verdicts({ pairs: paired, rankSets: sets, choice: [] }, { reference, level }) }
  }
  const combined = effects(judged, { cells, reference, level })
  const choice = choiceOfSets(scores, { reference, weights, seed })
  return {
    ...alone,
    ...fromReplicates(replicates(judged, { cells, reference, weights, resamples, seed }), level),
    effects: combined,
    choiceOfSets: choice,
    verdicts: verdicts({ pairs: paired, rankSets: sets, effects: combined, choice: [choice] }, { reference, level }),
  }
}

/**
 * As `lottery`, from accuracies and numbers of images alone, such as a published
 * table (`publishedScores`): all that can be said without predictions by image.
 * Models count as independent, so intervals of differences and sets of ranks are
 * wider than paired ones; the verdicts name what cannot be said. It takes a set
 * beside the reference.
 *
 * @example
 * publishedLottery({ scores: [publishedScores({ file: "table.csv", images: "sets.csv" })], reference: "validation" })
 */
export const publishedLottery = ({
  reference,
  resamples,
  scores,
  ...options
}: Options & {
  readonly scores: ReadonlyArray<Node<typeof Scores>>
  readonly reference: string
  /** How often hits are drawn; as many times as each stage has for so many models where nothing is said. */
  readonly resamples?: number
}) => {
  const { lead, level, seed, weights } = settled(options)
  const drawing = resamples === undefined ? { seed } : { seed, resamples }
  const paired = publishedPairs(scores, { level })
  const sets = publishedRankSets(scores, { level, ...drawing })
  const combined = publishedEffects(scores, { reference, level })
  const choice = choiceOfSets(scores, { reference, weights, seed })
  return {
    intervals: publishedIntervals(scores, { level }),
    pairs: paired,
    noise: publishedNoise(scores, { level, lead }),
    rankSets: sets,
    rankProbabilities: publishedRankProbabilities(scores, drawing),
    ...fromScores(scores, { reference, weights }, level),
    ...fromReplicates(publishedReplicates(scores, { reference, weights, ...drawing }), level),
    effects: combined,
    choiceOfSets: choice,
    verdicts: verdicts({ pairs: paired, rankSets: sets, effects: combined, choice: [choice] }, { reference, level }),
  }
}
