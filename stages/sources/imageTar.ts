import type { Listing } from "./imageFolder.ts"
import { read } from "./read.ts"
import { tarFiles } from "./tarFiles.ts"

/**
 * The images in a tar, or in several as one set, without unpacking. `manifest`
 * lists them (see `tarFiles`), `images` has their bytes. Ids are paths in the
 * tar, so `folderLabels(manifest)` gives their classes.
 *
 * @example
 * const train = imageTar({ file: ["data/train-0.tar", "data/train-1.tar"] })
 */
export const imageTar = (...params: Parameters<typeof tarFiles>): Listing => {
  const manifest = tarFiles(...params)
  return { manifest, images: read(manifest) }
}
