/**
 * The published accuracies of twelve self-supervised models on six sets, ranked
 * and aggregated: Tables III and IV of Ozbulak et al. 2025 (arXiv:2501.15431)
 * from its Tables I and II.
 *
 *     npx tsx examples/paper.ts run
 *
 * Table I gives Sketch 50,889 images, but the weighted averages of Table IV only
 * come out with 50,000. The paper cuts its aggregates to one decimal; the table
 * printed here is rounded, so some of them are 0.1 higher. Ranks are the same,
 * but where the paper orders equal accuracies, models here share the best rank.
 *
 * Beside it, what these figures alone allow to be said of which differences are
 * real: `npx tsx examples/paper.ts show verdicts`.
 */
import { Pipeline } from "../src/index.ts"
import { aggregate } from "../stages/aggregate.ts"
import { publishedScores } from "../stages/sources/publishedScores.ts"
import { publishedLottery } from "../stages/statistics/lottery.ts"

const scores = [publishedScores({ file: "paper/table-2-accuracies.csv", images: "paper/table-1-sets.csv" })]
const params = { reference: "Validation", weights: { Sketch: 50_000 } }

export default Pipeline.main(import.meta, "paper", {
  table: aggregate(scores, params),
  ...publishedLottery({ scores, ...params }),
})
