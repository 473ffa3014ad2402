/**
 * Do the ways of probing agree? The question of Marks et al. 2025, "A closer
 * look at benchmarking self-supervised pre-training with image classification",
 * on the bundled world.
 *
 *     npx tsx examples/probes.ts run
 *     npx tsx examples/probes.ts show agreement
 *
 * The paper compares 26 models on eleven sets by linear probing, kNN, few-shot
 * and full fine-tuning. Linear and kNN probes within the domain are on average
 * the best predictors of accuracy elsewhere, and whether features are
 * normalised before a probe moves results.
 *
 * The real sets: ImageNet, iNat21 mini, CUB-200, Pascal VOC 2012, Caltech-256,
 * CIFAR-100 and the six domains of ImageNet-D; few-shot takes 1% and 10% of the
 * training set, equal per class.
 *
 * A column a protocol; `agreement` holds the correlations of every two columns.
 */
import { Node, Pipeline } from "../src/index.ts"
import {
  aggregate,
  agreement,
  decode,
  extract,
  fewShot,
  fitProbe,
  predict,
  preprocess,
  score,
} from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, validation } = miniature.sets
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const encoders = {
  tinyImage: miniature.tinyImage(),
  colourHistogram: miniature.colourHistogram(),
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  randomConv1: miniature.randomConv({ depth: 1 }),
  randomConv3: miniature.randomConv({ depth: 3 }),
  pcaFilters: miniature.pcaFilters(pixels(train)),
}

const shots = (seed: number) => Node.named(fewShot(train.labels, { shots: 12, seed }), `12 shots, draw ${seed}`)

const scores = Object.entries(encoders).flatMap(([model, encoder]) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  const given = { features: features(train), labels: train.labels }
  const probes = {
    linear: fitProbe(given, { normalise: "standardise" }),
    "linear raw": fitProbe(given, { normalise: "none" }),
    "linear l2": fitProbe(given, { normalise: "l2" }),
    logistic: fitProbe(given, { protocol: "logistic", normalise: "standardise" }),
    knn: fitProbe(given, { protocol: "knn/dino", normalise: "standardise" }),
    "few-shot 1": fitProbe({ ...given, labels: shots(1) }, { protocol: "logistic", normalise: "standardise" }),
    "few-shot 2": fitProbe({ ...given, labels: shots(2) }, { protocol: "logistic", normalise: "standardise" }),
  }
  return Object.entries(probes).map(([set, probe]) => {
    const predictions = predict({ probe, features: features(validation) })
    return score({ predictions, labels: validation.labels }, { model, set })
  })
})

export default Pipeline.main(import.meta, "probes", {
  table: aggregate(scores, { reference: "linear" }),
  agreement: agreement(scores, { reference: "linear" }),
})
