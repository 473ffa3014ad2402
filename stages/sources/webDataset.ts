import type { LabelledListing } from "./imageCifar.ts"
import { read } from "./read.ts"
import { shardLabels } from "./shardLabels.ts"
import { tarFiles } from "./tarFiles.ts"

/** Params of tars, how annotations end (`.cls` where nothing is said), and what `shardLabels` takes. */
type Params = Parameters<typeof tarFiles>[0] &
  NonNullable<Parameters<typeof shardLabels>[1]> & { readonly label?: ".cls" | ".json" | ".txt" }

/**
 * Tars in WebDataset's layout, one or several as one set: each image (`0001.jpg`)
 * has its label beside it, in a `.cls`, a `.txt` or a field of a `.json`. See
 * `tarFiles` for what counts as an image, `shardLabels` for the labels.
 *
 * @example
 * const train = webDataset({ file: ["train-000.tar", "train-001.tar"], label: ".json", field: "class" })
 */
export const webDataset = ({ classes, field, label = ".cls", ...tars }: Params): LabelledListing => {
  const manifest = tarFiles(tars)
  const annotations = read(tarFiles({ file: tars.file, extensions: [label] }))
  const params = { ...(classes === undefined ? {} : { classes }), ...(field === undefined ? {} : { field }) }
  return { manifest, images: read(manifest), labels: shardLabels({ manifest, annotations }, params) }
}
