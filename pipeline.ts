/**
 * The bundled benchmark, top to bottom as the data flows: images, encoders, a
 * linear probe on each, their scores on six sets, and who ranks where.
 *
 *     npx tsx pipeline.ts run
 */
import { type Node, Pipeline } from "./src/index.ts"
import {
  aggregate,
  decode,
  type Encoder,
  extract,
  fitProbe,
  lottery,
  predict,
  preprocess,
  score,
} from "./stages/index.ts"
import * as miniature from "./stages/miniature/index.ts"

const { train, pool, validation, real, v2, rendition, sketch } = miniature.sets

// Every encoder sees the same pixels: each image is decoded once, however many encoders there are.
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

// The models to compare, one a line. A model of your own: `resnet50: onnxFile({ file: "resnet50.onnx" }),`
const encoders = {
  tinyImage: miniature.tinyImage(),
  colourHistogram: miniature.colourHistogram(),
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  randomConv1: miniature.randomConv({ depth: 1 }),
  randomConv3: miniature.randomConv({ depth: 3 }),
  pcaFilters: miniature.pcaFilters(pixels(train)),
  kmeansPatches: miniature.kmeansPatches(pixels(train)),
}

// A linear probe is fitted on an encoder's features of the training set; it predicts on any set.
const model = (encoder: Node.Node<typeof Encoder>) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  const probe = fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
  return (set: miniature.ImageSet) => predict({ probe, features: features(set) })
}

// What a reference model gets wrong. It is not among those compared: its score here is 0 by construction.
const reference = model(miniature.randomConv({ depth: 2, seed: 1 }))
const adversarial = miniature.adversarial(reference(pool), pool)

const evaluation = { validation, real, v2, rendition, sketch, adversarial }

const cells = Object.entries(encoders).flatMap(([name, encoder]) => {
  const predictions = model(encoder)
  return Object.entries(evaluation).map(([set, { images, labels }]) => ({
    model: name,
    set,
    predictions: predictions({ images, labels }),
    labels,
  }))
})

const scores = cells.map(({ labels, model, predictions, set }) =>
  score({ predictions, labels }, { model, set, metrics: ["top1", "top5", "per-class"] }),
)

export default Pipeline.main(import.meta, "benchmark-lottery", {
  table: aggregate(scores, { reference: "validation" }),
  // Which of the differences are real: intervals, tests, ranks that each model could have, verdicts in words.
  ...lottery({ cells, scores, reference: "validation" }),
  classes: miniature.classes(),
})
