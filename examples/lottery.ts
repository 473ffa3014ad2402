/**
 * Six sets, one question: does a rank on validation survive elsewhere? The
 * experiment of Ozbulak et al. 2025 (arXiv:2501.15431) on the bundled world.
 *
 *     npx tsx examples/lottery.ts run
 *
 * The paper fits a linear probe on each of twelve frozen ResNet-50s and finds
 * that accuracies on validation and on ReaL and v2 go together (r = .99), and
 * much less with Rendition, Sketch and Adversarial (r about .65): DINO and SwAV,
 * first and second on validation, are fifth and sixth by the weighted average
 * over the five other sets, and MoCo is first.
 *
 * The real sets: ImageNet train and val; ReaL, other labels on the val images
 * (`relabel` with real.json); ImageNet-v2 matched-frequency; -R, -Sketch and -A.
 */
import { type Node, Pipeline } from "../src/index.ts"
import * as stages from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, pool, validation, real, v2, rendition, sketch } = miniature.sets

const pixels = ({ images }: miniature.ImageSet) => stages.preprocess(stages.decode(images), { resize: 64, crop: 56 })

const encoders = {
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  randomConv3: miniature.randomConv({ depth: 3 }),
  pcaFilters: miniature.pcaFilters(pixels(train)),
  kmeansPatches: miniature.kmeansPatches(pixels(train)),
}

const model = (encoder: Node.Node<typeof stages.Encoder>) => {
  const features = (set: miniature.ImageSet) => stages.extract({ encoder, pixels: pixels(set) })
  const probe = stages.fitProbe({ features: features(train), labels: train.labels }, { normalise: "standardise" })
  return (set: miniature.ImageSet) => stages.predict({ probe, features: features(set) })
}

// What a model outside the comparison gets wrong, as ImageNet-A was collected.
const adversarial = miniature.adversarial(model(miniature.randomConv({ depth: 2, seed: 1 }))(pool), pool)

const cells = Object.entries(encoders).flatMap(([name, encoder]) => {
  const predictions = model(encoder)
  return Object.entries({ validation, real, v2, rendition, sketch, adversarial }).map(([set, of]) => ({
    model: name,
    set,
    predictions: predictions(of),
    labels: of.labels,
  }))
})
const scores = cells.map(({ labels, predictions, ...of }) => stages.score({ predictions, labels }, of))

export default Pipeline.main(import.meta, "lottery", {
  table: stages.aggregate(scores, { reference: "validation" }),
  ...stages.lottery({ cells, scores, reference: "validation" }),
})
