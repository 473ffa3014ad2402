/** The built-in stages and the tables that flow between them. */
export { aggregate } from "./aggregate.ts"
export { decode } from "./decode.ts"
export { extract } from "./extract.ts"
export { fitProbe } from "./fitProbe.ts"
export { matchLabels } from "./matchLabels.ts"
export { predict } from "./predict.ts"
export { preprocess } from "./preprocess.ts"
export { score } from "./score.ts"
export { folderClasses } from "./sources/folderClasses.ts"
export { folderLabels } from "./sources/folderLabels.ts"
export { imageArrow } from "./sources/imageArrow.ts"
export { imageFolder } from "./sources/imageFolder.ts"
export { imageTar } from "./sources/imageTar.ts"
export { labelsCsv } from "./sources/labelsCsv.ts"
export { labelsJson } from "./sources/labelsJson.ts"
export { onnxFile } from "./sources/onnxFile.ts"
export { publishedScores } from "./sources/publishedScores.ts"
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
