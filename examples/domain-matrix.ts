/**
 * Encoders by sets: Table 1 of Cole et al. 2022, "When does contrastive visual
 * representation learning work?", on the bundled world.
 *
 *     npx tsx examples/domain-matrix.ts run
 *
 * The paper pretrains SimCLR on a million images of each of four domains and
 * fits linear classifiers in every domain. Pretraining in the domain wins
 * everywhere (iNat21: 49.3% against 37.3% from ImageNet); across domains ImageNet
 * is best and GLC20 worst.
 *
 * The real sets: ImageNet, iNat21, Places365 and GLC20 (a set with several labels
 * an image, scored by `averagePrecision`: give `aggregate` the param
 * `metrics: { GLC20: "map" }`).
 *
 * Here the domains are drawn, and pretraining is PCA of image patches, without
 * labels: a row a domain of pretraining, a column a domain of evaluation.
 */
import { Pipeline } from "../src/index.ts"
import { aggregate, decode, extract, fitProbe, predict, preprocess, score } from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

type Domain = "train" | "rendition" | "sketch"

// Images for training and for evaluation are drawn with seeds of their own.
const drawn = (set: Domain, perClass: number, seed: number): miniature.ImageSet => ({
  images: miniature.draw({ set, perClass, seed, size: 72 }),
  labels: miniature.labels({ set, perClass, seed, rule: "single" }),
})
const domain = (set: Domain) => ({ train: drawn(set, 60, 2), test: drawn(set, 30, 3) })
const domains = { photo: domain("train"), rendition: domain("rendition"), sketch: domain("sketch") }

const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const encoders = {
  photo: miniature.pcaFilters(pixels(domains.photo.train)),
  rendition: miniature.pcaFilters(pixels(domains.rendition.train)),
  sketch: miniature.pcaFilters(pixels(domains.sketch.train)),
  untrained: miniature.randomConv({ depth: 1 }),
}

const scores = Object.entries(encoders).flatMap(([model, encoder]) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  return Object.entries(domains).map(([set, { test, train }]) => {
    const probe = fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
    const predictions = predict({ probe, features: features(test) })
    return score({ predictions, labels: test.labels }, { model, set })
  })
})

export default Pipeline.main(import.meta, "domain-matrix", { table: aggregate(scores) })
