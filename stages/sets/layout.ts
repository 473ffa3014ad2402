import type { Node } from "../../src/dsl/Node.ts"
import type { Taxonomy } from "../granularity/tables.ts"
import type { LabelledListing } from "../sources/imageCifar.ts"
import { read } from "../sources/read.ts"
import type { Classes, Labels, Manifest } from "../tables.ts"
import type { PublishedSet } from "./published.ts"
import { setFiles } from "./setFiles.ts"

/** What may be said of a set beside its folder. */
export interface Options {
  /** ImageNet's 1000 classes, where the folder has only some of them. */
  readonly classes?: Node<typeof Classes>
  /** The folder `ILSVRC2012_devkit_t12`, where validation images lie in one folder. */
  readonly devkit?: string
  /** The file of labels: `real.json`, or another list than the usual one. */
  readonly labels?: string
  /** Whether the folder may have fewer images than are published. */
  readonly partial?: boolean
}

/** What a layout finds in a folder. */
export interface Read extends LabelledListing {
  readonly classes?: Node<typeof Classes>
  readonly taxonomy?: Node<typeof Taxonomy>
}

/** How the sets of one publisher lie in their folder. */
export type Layout = (dir: string, about: PublishedSet, options: Options) => Read

/** A path below a folder. */
export const join = (dir: string, name: string) => `${dir.replace(/[/\\]+$/u, "")}/${name}`

/** The images of a set, `under` a folder of its own, with what else it `needs` there. */
export const filesOf = (
  dir: string,
  { images, published, title }: PublishedSet,
  { partial = false }: Options,
  { needs = [], under = "" }: { readonly needs?: ReadonlyArray<string>; readonly under?: string } = {},
) => setFiles({ dir, under, needs, title, published, ...(images === undefined || partial ? {} : { images }) })

/** Images of a manifest, with their labels. */
export const labelled = (manifest: Node<typeof Manifest>, labels: Node<typeof Labels>): LabelledListing => ({
  manifest,
  images: read(manifest),
  labels,
})
