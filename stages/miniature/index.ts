/**
 * A small world in the shape of the benchmark lottery's Table I, made by the
 * project itself: image sets that are drawn, and encoders that are built or
 * learned without labels. Nothing is downloaded, and nothing is tuned towards
 * an outcome: whatever ranks come out are the result.
 */
import { named, type Node } from "../../src/dsl/Node.ts"
import type { Images, Labels, Predictions } from "../tables.ts"
import { draw } from "./draw.ts"
import { labels } from "./labels.ts"
import { misclassified } from "./misclassified.ts"
import { misclassifiedLabels } from "./misclassifiedLabels.ts"
import type { SetName } from "./sets.ts"

export { classes } from "./classes.ts"
export { draw } from "./draw.ts"
export { colourHistogram } from "./encoders/colourHistogram.ts"
export { gabor } from "./encoders/gabor.ts"
export { hog } from "./encoders/hog.ts"
export { kmeansPatches } from "./encoders/kmeansPatches.ts"
export { pcaFilters } from "./encoders/pcaFilters.ts"
export { randomConv } from "./encoders/randomConv.ts"
export { tinyImage } from "./encoders/tinyImage.ts"
export { labels } from "./labels.ts"
export { misclassified } from "./misclassified.ts"
export { misclassifiedLabels } from "./misclassifiedLabels.ts"

/** Images and their labels, joined by id. */
export interface ImageSet {
  readonly images: Node<typeof Images>
  readonly labels: Node<typeof Labels>
}

const seed = 1
/** Pixels along a side of the images. */
const size = 72

const drawn = (set: SetName, perClass: number): ImageSet => ({
  images: draw({ set, perClass, seed, size }),
  labels: labels({ set, perClass, seed, rule: "single" }),
})

const validation = drawn("validation", 40)

/** The image sets, at the sizes of the bundled benchmark. */
export const sets = {
  /** 20 classes x 120. */
  train: drawn("train", 120),
  /** 20 classes x 40, drawn as the training set is. */
  validation,
  /** The validation images with every class that can be seen in them: several, one or none. */
  real: { images: validation.images, labels: labels({ set: "validation", perClass: 40, seed, rule: "real" }) },
  /** 20 classes x 40, drawn afresh with a slightly freer hand. */
  v2: drawn("v2", 40),
  /** 10 classes x 60: flat, cartoon, mosaic, negative, silhouette and blueprint. */
  rendition: drawn("rendition", 60),
  /** 20 classes x 40: outlines, black on white. */
  sketch: drawn("sketch", 40),
  /** The other 10 classes x 80, from which an adversarial set is picked. */
  pool: drawn("pool", 80),
}

/**
 * The adversarial set: those images of a pool that a reference model's
 * predictions get wrong. Which they are is known only once these are computed.
 */
export const adversarial = (predictions: Node<typeof Predictions>, { images, labels }: ImageSet): ImageSet => ({
  images: named(misclassified({ images, predictions, labels }), "adversarial"),
  labels: named(misclassifiedLabels({ predictions, labels }), "adversarial"),
})
