/**
 * Features of two encoders side by side: Table 3 of Cole et al. 2022, "When does
 * contrastive visual representation learning work?", on the bundled world.
 *
 *     npx tsx examples/fusion.ts run
 *
 * The paper concatenates 2048 and 2048 features and fits a linear classifier on
 * the 4096. Self-supervised features of ImageNet and iNat21 together gain little
 * (64.1% against 64.7% alone on ImageNet, 52.0% against 50.6% on iNat21);
 * supervised ones on top of self-supervised ones gain more (+4.7 points on iNat21).
 *
 * The real sets: ImageNet and iNat21, with a checkpoint of each.
 */
import { type Node, Pipeline } from "../src/index.ts"
import {
  aggregate,
  concat,
  decode,
  type Encoder,
  extract,
  type Features,
  fitProbe,
  predict,
  preprocess,
  score,
} from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, validation, v2, sketch } = miniature.sets
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

type FeaturesOf = (set: miniature.ImageSet) => Node.Node<typeof Features>

const alone =
  (encoder: Node.Node<typeof Encoder>): FeaturesOf =>
  (set) =>
    extract({ encoder, pixels: pixels(set) })
// Each part is brought to length 1 first: the one with larger numbers would drown the other.
const fused =
  (...parts: ReadonlyArray<FeaturesOf>): FeaturesOf =>
  (set) =>
    concat(
      parts.map((part) => part(set)),
      { normalise: "l2" },
    )

const photo = alone(miniature.pcaFilters(pixels(train)))
const drawing = alone(miniature.pcaFilters(pixels(sketch)))
const edges = alone(miniature.hog())

const representations = {
  photo,
  sketch: drawing,
  hog: edges,
  "photo & sketch": fused(photo, drawing),
  "photo & hog": fused(photo, edges),
  "all three": fused(photo, drawing, edges),
}

const scores = Object.entries(representations).flatMap(([model, features]) => {
  const probe = fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
  return Object.entries({ validation, v2 }).map(([set, of]) =>
    score({ predictions: predict({ probe, features: features(of) }), labels: of.labels }, { model, set }),
  )
})

export default Pipeline.main(import.meta, "fusion", { table: aggregate(scores, { reference: "validation" }) })
