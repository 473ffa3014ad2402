import type { Node } from "../../src/dsl/Node.ts"
import { matchLabels } from "../matchLabels.ts"
import type { Labels, Manifest } from "../tables.ts"

type Options = NonNullable<Parameters<typeof matchLabels>[1]>

/**
 * A set with other labels on the same images, found by file name (see
 * `matchLabels` for `options`). Its image nodes are the set's own, so nothing is
 * decoded or extracted again, and one `predict` serves both.
 *
 * @example
 * const real = relabel(validation, labelsJson({ file: "real.json", ids: "ILSVRC2012_val_{i+1:08d}" }))
 */
export const relabel = <Set extends { readonly manifest: Node<typeof Manifest> }>(
  set: Set,
  labels: Node<typeof Labels>,
  options: Options = {},
): Set & { readonly labels: Node<typeof Labels> } => ({
  ...set,
  labels: matchLabels({ manifest: set.manifest, labels }, options),
})
