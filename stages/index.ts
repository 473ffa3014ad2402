/** The built-in stages and the tables that flow between them. */
export { aggregate } from "./aggregate.ts"
export { decode } from "./decode.ts"
export { extract } from "./extract.ts"
export { fitProbe } from "./fitProbe.ts"
export { matchLabels } from "./matchLabels.ts"
export { type Model, model, type ModelName } from "./model.ts"
export { Neighbours, neighbours } from "./neighbours.ts"
export { predict } from "./predict.ts"
export { preprocess } from "./preprocess.ts"
export { score } from "./score.ts"
export { checkpoint } from "./sources/checkpoint.ts"
export { folderClasses } from "./sources/folderClasses.ts"
export { folderLabels } from "./sources/folderLabels.ts"
export { imageArrow } from "./sources/imageArrow.ts"
export { imageFolder } from "./sources/imageFolder.ts"
export { imageTar } from "./sources/imageTar.ts"
export { labelsCsv } from "./sources/labelsCsv.ts"
export { labelsJson } from "./sources/labelsJson.ts"
export { onnxFile } from "./sources/onnxFile.ts"
export { publishedScores } from "./sources/publishedScores.ts"
export { aggregateIntervals } from "./statistics/aggregateIntervals.ts"
export { aggregateRankProbabilities } from "./statistics/aggregateRankProbabilities.ts"
export { agreement } from "./statistics/agreement.ts"
export { choiceOfSets } from "./statistics/choiceOfSets.ts"
export { effects } from "./statistics/effects.ts"
export { intervals } from "./statistics/intervals.ts"
export { lottery, publishedLottery } from "./statistics/lottery.ts"
export { noise } from "./statistics/noise.ts"
export { outcomes } from "./statistics/outcomes.ts"
export { pairs } from "./statistics/pairs.ts"
export { publishedEffects } from "./statistics/publishedEffects.ts"
export { publishedIntervals } from "./statistics/publishedIntervals.ts"
export { publishedNoise } from "./statistics/publishedNoise.ts"
export { publishedPairs } from "./statistics/publishedPairs.ts"
export { publishedRankProbabilities } from "./statistics/publishedRankProbabilities.ts"
export { publishedRankSets } from "./statistics/publishedRankSets.ts"
export { publishedReplicates } from "./statistics/publishedReplicates.ts"
export { rankProbabilities } from "./statistics/rankProbabilities.ts"
export { rankSets } from "./statistics/rankSets.ts"
export { regressions } from "./statistics/regressions.ts"
export { replicates } from "./statistics/replicates.ts"
export { verdicts } from "./statistics/verdicts.ts"
export {
  Classes,
  Decoded,
  Encoder,
  Features,
  Images,
  Labels,
  Leaderboard,
  Manifest,
  Pixels,
  Predictions,
  Probe,
  Scores,
} from "./tables.ts"
