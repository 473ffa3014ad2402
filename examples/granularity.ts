/**
 * Accuracy against the granularity of labels: Figure 5 of Cole et al. 2022,
 * "When does contrastive visual representation learning work?", on the bundled
 * world.
 *
 *     npx tsx examples/granularity.ts run
 *
 * The paper coarsens predictions and labels along a taxonomy, without fitting
 * again. Supervised and self-supervised features are alike at the coarsest level
 * of iNat21 (3 kingdoms) and far apart at the finest (10,000 species).
 *
 * The real sets: iNat21 (seven levels from the folders' names), ImageNet
 * (WordNet) and Places365 (three levels), each with its tree as CSV of
 * `child,parent` or as JSON.
 *
 * `classChanges` and `classAgreement` are appendix A.3 and A.6: which classes one
 * encoder helps or harms most, and whether hard classes stay hard.
 */
import { type Node, Pipeline } from "../src/index.ts"
import {
  aggregate,
  classAgreement,
  classChanges,
  coarseClasses,
  coarseLabels,
  coarsePredictions,
  decode,
  type Encoder,
  extract,
  fitProbe,
  predict,
  preprocess,
  score,
  taxonomy,
} from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, validation } = miniature.sets
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), { resize: 64, crop: 56 })

const tree = { taxonomy: taxonomy({ file: "granularity/kinds.csv" }), classes: miniature.classes() }
// From the finest: 20 kinds, 7 families, 2 realms.
const levels = { kind: 2, family: 1, realm: 0 }

const encoders = {
  colourHistogram: miniature.colourHistogram(),
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  pcaFilters: miniature.pcaFilters(pixels(train)),
}

const predictions = (encoder: Node.Node<typeof Encoder>) => {
  const features = (set: miniature.ImageSet) => extract({ encoder, pixels: pixels(set) })
  const probe = fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
  return predict({ probe, features: features(validation) })
}

const scores = Object.entries(encoders).flatMap(([model, encoder]) =>
  Object.entries(levels).map(([set, depth]) =>
    score(
      {
        predictions: coarsePredictions({ predictions: predictions(encoder), ...tree }, { depth }),
        labels: coarseLabels({ labels: validation.labels, ...tree }, { depth }),
      },
      { model, set, metrics: ["top1", "per-class"] },
    ),
  ),
)

const [before, after] = [predictions(encoders.hog), predictions(encoders.pcaFilters)]

export default Pipeline.main(import.meta, "granularity", {
  table: aggregate(scores, { reference: "kind" }),
  families: coarseClasses(tree, { depth: levels.family }),
  changes: classChanges({ before, after, labels: validation.labels, classes: tree.classes }, { most: 5 }),
  hardness: classAgreement(scores),
})
