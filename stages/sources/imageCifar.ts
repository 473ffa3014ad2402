import type { Node } from "../../src/dsl/Node.ts"
import type { Labels } from "../tables.ts"
import { cifarFiles } from "./cifarFiles.ts"
import { cifarLabels } from "./cifarLabels.ts"
import type { Listing } from "./imageFolder.ts"
import { readCifar } from "./readCifar.ts"

/** Images with their labels, from files that have both. */
export interface LabelledListing extends Listing {
  readonly labels: Node<typeof Labels>
}

/**
 * CIFAR-10 or CIFAR-100 in its binary version, one file or several as one set:
 * the images, and the labels that stand beside them. `level: "coarse"` gives
 * CIFAR-100's 20 superclasses.
 *
 * @example
 * const test = imageCifar({ file: "cifar-100-binary/test.bin", cifar: "100" })
 */
export const imageCifar = ({
  images,
  level,
  ...files
}: Parameters<typeof cifarLabels>[0] & Parameters<typeof cifarFiles>[0]): LabelledListing => {
  const manifest = cifarFiles(images === undefined ? files : { ...files, images })
  return {
    manifest,
    images: readCifar(manifest),
    labels: cifarLabels(level === undefined ? files : { ...files, level }),
  }
}
