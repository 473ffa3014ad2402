import type { Node } from "../../src/dsl/Node.ts"
import type { Classes } from "../tables.ts"
import type { LabelledListing } from "./imageCifar.ts"
import { parquetClasses } from "./parquetClasses.ts"
import { parquetFiles } from "./parquetFiles.ts"
import { parquetLabels } from "./parquetLabels.ts"
import { readParquet } from "./readParquet.ts"

/**
 * A set in Parquet files as Hugging Face publishes them: images, labels and the
 * names of the classes. `image` and `label` say which columns are meant, where
 * they are called otherwise.
 *
 * @example
 * const val = imageParquet({ file: ["val-00000-of-00002.parquet", "val-00001-of-00002.parquet"] })
 */
export const imageParquet = (
  params: Parameters<typeof parquetLabels>[0],
): LabelledListing & { readonly classes: Node<typeof Classes> } => {
  const { file } = params
  const image = params.image === undefined ? {} : { image: params.image }
  const label = params.label === undefined ? {} : { label: params.label }
  const manifest = parquetFiles({ file, ...image })
  return {
    manifest,
    images: readParquet(manifest, image),
    labels: parquetLabels(params),
    classes: parquetClasses({ file, ...label }),
  }
}
