import type { Node } from "../../src/dsl/Node.ts"
import type { Images, Manifest } from "../tables.ts"
import { files } from "./files.ts"
import { read } from "./read.ts"

/** Images with the list of them that names their files. */
export interface Listing {
  readonly manifest: Node<typeof Manifest>
  readonly images: Node<typeof Images>
}

/**
 * The images below a folder. `manifest` lists them (see `files` for the params
 * and for what counts as an image), `images` has their bytes. Ids are paths from
 * the folder on, so `folderLabels(manifest)` gives their classes.
 *
 * @example
 * const val = imageFolder({ dir: "data/val" })
 * const labels = folderLabels(val.manifest)
 */
export const imageFolder = (...params: Parameters<typeof files>): Listing => {
  const manifest = files(...params)
  return { manifest, images: read(manifest) }
}
