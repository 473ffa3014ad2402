/**
 * Accuracy against the number of labelled images: Figure 2 of Cole et al. 2022,
 * "When does contrastive visual representation learning work?", on the bundled
 * world.
 *
 *     npx tsx examples/label-quantity.ts run
 *
 * The paper fits linear classifiers on SimCLR features with 10k to 1M labelled
 * images. Features approach supervised accuracy only with well over 100k of
 * them: with 50k the gap is 11 points on Places365, 23 on ImageNet, 58 on iNat21.
 *
 * The real sets: ImageNet, iNat21 and Places365, with nested subsets of 50k,
 * 125k, 250k, 500k and 1M images. Only the labels of training are limited here,
 * so all sizes share the features: `subset(train.labels, { images: 50_000 })`.
 *
 * Columns are numbers of labelled images, so the averages over columns say
 * little; ranks say whether the best encoder is the same at every size.
 */
import { Node, Pipeline } from "../src/index.ts"
import { aggregate, decode, extract, fitProbe, predict, preprocess, score, subset } from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, validation } = miniature.sets
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const encoders = {
  tinyImage: miniature.tinyImage(),
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  randomConv3: miniature.randomConv({ depth: 3 }),
  pcaFilters: miniature.pcaFilters(pixels(train)),
}

// Each is part of the next.
const sizes = [2400, 1200, 600, 300, 150]

const scores = Object.entries(encoders).flatMap(([model, encoder]) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  return sizes.map((images) => {
    const labels = Node.named(subset(train.labels, { images }), `${images} labels`)
    const probe = fitProbe({ features: features(train), labels }, { normalise: "standardise", classes: 20 })
    const predictions = predict({ probe, features: features(validation) })
    return score({ predictions, labels: validation.labels }, { model, set: `${images} labels` })
  })
})

export default Pipeline.main(import.meta, "label-quantity", { table: aggregate(scores) })
