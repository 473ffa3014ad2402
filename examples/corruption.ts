/**
 * Accuracy on corrupted images: the corruptions of Figure 4 of Cole et al. 2022,
 * "When does contrastive visual representation learning work?", on the bundled
 * world.
 *
 *     npx tsx examples/corruption.ts run
 *
 * The paper corrupts the images of pretraining and evaluates on clean ones:
 * downsampling by 2 and 4 costs SimCLR 15 and 34 points, JPEG and salt-and-pepper
 * noise far less; for supervised pretraining JPEG lies between the two. A frozen
 * encoder cannot be pretrained again here, so the images of evaluation are
 * corrupted instead: the probe is fitted on clean ones, once.
 *
 * The real set: ImageNet's validation images. ImageNet-C's kinds at five
 * severities come from `corrupt`, after `preprocess` to 224 pixels.
 */
import { Node, Pipeline } from "../src/index.ts"
import { aggregate, decode, degrade, extract, fitProbe, predict, preprocess, score } from "../stages/index.ts"
import * as miniature from "../stages/miniature/index.ts"

const { train, validation } = miniature.sets
const size = { resize: 64, crop: 56 }
const pixels = ({ images }: miniature.ImageSet) => preprocess(decode(images), size)

const kinds = ["resize", "downsample-2x", "downsample-4x", "jpeg-10", "salt-pepper"] as const
const versions = {
  clean: pixels(validation),
  ...Object.fromEntries(
    kinds.map((kind) => [kind, preprocess(Node.named(degrade(decode(validation.images), { kind }), kind), size)]),
  ),
}

const encoders = {
  tinyImage: miniature.tinyImage(),
  colourHistogram: miniature.colourHistogram(),
  hog: miniature.hog(),
  gabor: miniature.gabor(),
  randomConv3: miniature.randomConv({ depth: 3 }),
  pcaFilters: miniature.pcaFilters(pixels(train)),
}

const scores = Object.entries(encoders).flatMap(([model, encoder]) => {
  const features = extract({ encoder, pixels: pixels(train) })
  const probe = fitProbe({ features, labels: train.labels }, { normalise: "standardise" })
  return Object.entries(versions).map(([set, pixels]) => {
    const predictions = predict({ probe, features: extract({ encoder, pixels }) })
    return score({ predictions, labels: validation.labels }, { model, set })
  })
})

export default Pipeline.main(import.meta, "corruption", { table: aggregate(scores, { reference: "clean" }) })
