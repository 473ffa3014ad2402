/**
 * The image sets of the miniature world, in the shape of the six sets that the
 * benchmark lottery (Ozbulak et al., 2025, Table I) is about.
 *
 * The ranges below were chosen once, by eye: things should be recognisable to
 * a person at 72 pixels, without being alike. They were never adjusted to what
 * any encoder scores; whatever ranks come out are the result.
 */
import * as Schema from "effect/Schema"
import { kinds } from "./kinds/index.ts"

/** Sets that are drawn. `real` relabels `validation`; `adversarial` is picked from `pool`. */
export const SetName = Schema.Literals(["train", "validation", "v2", "rendition", "sketch", "pool"])
export type SetName = typeof SetName.Type

/** How a scene is rendered. `photo` has texture, light and clutter. */
export type Style = "photo" | "flat" | "cartoon" | "mosaic" | "negative" | "silhouette" | "blueprint" | "sketch"

/** What one set's images have in common. */
export interface SetStyle {
  readonly styles: readonly [Style, ...ReadonlyArray<Style>]
  /** Which classes occur; every image is of one of them, in turn. */
  readonly classes: ReadonlyArray<number>
  /** How far pose, clutter and light stray, 1 being the training set. */
  readonly range: number
}

const all = kinds.map((_, kind) => kind)

/** What each set is like. */
export const setStyles: Readonly<Record<SetName, SetStyle>> = {
  train: { styles: ["photo"], classes: all, range: 1 },
  validation: { styles: ["photo"], classes: all, range: 1 },
  // Drawn afresh with a slightly freer hand: a second collection is never quite like the first.
  v2: { styles: ["photo"], classes: all, range: 1.2 },
  rendition: {
    styles: ["flat", "cartoon", "mosaic", "negative", "silhouette", "blueprint"],
    classes: all.filter((kind) => kind % 2 === 0),
    range: 1,
  },
  sketch: { styles: ["sketch"], classes: all, range: 1 },
  pool: { styles: ["photo"], classes: all.filter((kind) => kind % 2 === 1), range: 1 },
}
