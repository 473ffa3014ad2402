import { named, type Node } from "../../src/dsl/Node.ts"
import { PipelineError } from "../../src/dsl/Pipeline.ts"
import type { Taxonomy } from "../granularity/tables.ts"
import type { Classes, Images, Labels, Manifest } from "../tables.ts"
import type { Options } from "./layout.ts"
import { layouts } from "./layouts.ts"
import { publishedSets, type PublishedSet, type SetName } from "./published.ts"

export type { Options as SetOptions } from "./layout.ts"
export type { PublishedSet, SetName } from "./published.ts"

/** A published set, read from its folder. */
export interface NamedSet {
  /** What is known of it: where it is published, its metric, the usual preprocessing. */
  readonly about: PublishedSet
  readonly manifest: Node<typeof Manifest>
  readonly images: Node<typeof Images>
  readonly labels: Node<typeof Labels>
  /** The names of its classes, where its files have them. */
  readonly classes?: Node<typeof Classes>
  /** The tree above its classes, where its files have it. */
  readonly taxonomy?: Node<typeof Taxonomy>
}

const isName = (name: string): name is SetName => Object.hasOwn(publishedSets, name)

/**
 * A published set by its name and its folder (`docs/data.md` has the names and
 * the layout of each folder). What is missing of the folder is an error that says
 * where the set is published, and so is another number of images than published,
 * unless `partial` is given. Sets of the same images share their nodes, so that
 * ReaL decodes nothing that the validation set has not decoded.
 *
 * `classes` are ImageNet's 1000 wnids, for sets that have folders of only some of
 * them (ImageNet-R, ImageNet-A): `classList({ classes: "imagenet_synsets.txt" })`,
 * or the `classes` of the training set.
 *
 * @example
 * const v2 = namedSet("imagenet-v2", "data/imagenetv2-matched-frequency-format-val")
 * const pixels = preprocess(decode(v2.images), v2.about.preprocess)
 */
export const namedSet = (name: SetName, dir: string, options: Options = {}): NamedSet => {
  if (!isName(name)) {
    throw new PipelineError({
      message: `there is no set called ${JSON.stringify(name)}`,
      hint: `there are ${Object.keys(publishedSets).join(", ")}; a folder of your own goes through imageFolder({ dir })`,
    })
  }
  const about: PublishedSet = publishedSets[name]
  const { labels, ...set } = layouts[name](dir, about, options)
  return { about, ...set, labels: named(labels, name) }
}
