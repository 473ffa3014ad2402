import { idxFiles } from "./idxFiles.ts"
import { idxLabels } from "./idxLabels.ts"
import type { LabelledListing } from "./imageCifar.ts"
import { readIdxImages } from "./readIdxImages.ts"

/**
 * Grey images and their labels from two IDX files, packed with gzip or not, as
 * MNIST and its relatives are published. A file is held in memory while it is in
 * use; it may have 1 GiB.
 *
 * @example
 * const test = imageIdx({ images: "mnist/t10k-images-idx3-ubyte.gz", labels: "mnist/t10k-labels-idx1-ubyte.gz", classes: 10 })
 */
export const imageIdx = (params: {
  readonly images: string
  readonly labels: string
  readonly classes?: number
}): LabelledListing => {
  const { images, labels, ...classes } = params
  const manifest = idxFiles({ file: images })
  return { manifest, images: readIdxImages(manifest), labels: idxLabels({ file: labels, images, ...classes }) }
}
