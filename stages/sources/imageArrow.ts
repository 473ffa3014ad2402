import { arrowFiles } from "./arrowFiles.ts"
import type { Listing } from "./imageFolder.ts"
import { read } from "./read.ts"

/**
 * The images in an Arrow file of encoded images, or in several as one set.
 * `manifest` lists them (see `arrowFiles` for the columns), `images` has their
 * bytes.
 *
 * @example
 * const val = imageArrow({ file: "data/val.arrow", id: "image.path", bytes: "image.bytes" })
 */
export const imageArrow = (...params: Parameters<typeof arrowFiles>): Listing => {
  const manifest = arrowFiles(...params)
  return { manifest, images: read(manifest) }
}
