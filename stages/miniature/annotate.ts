import type { Scene } from "./Scene.ts"
import { visibility } from "./visible.ts"

/** A thing counts for `real` if at least half of it can be seen … */
const SHARE = 0.5
/** … and takes up at least a twenty-fifth of the frame. */
const AREA = 0.04
/** What the picture is meant to be of gets by with less: it is looked for. */
const SUBJECT = { share: 0.35, area: 0.015 }

/** The one label that the collector gave the image: what it was drawn to show, visible or not. */
export const singleLabel = (scene: Scene): Int32Array => Int32Array.of(scene.things[scene.subject]?.kind ?? 0)

/**
 * What a careful observer would say is in the picture, as ReaL (Beyer et al.,
 * 2020) asked of ImageNet's validation images: every class of which a thing is
 * seen well enough. One, several or, where all is hidden, none.
 */
export const realLabels = (scene: Scene): Int32Array => {
  const seen = scene.things.flatMap((thing, i) => {
    const { area, share } = visibility(scene, i)
    const least = i === scene.subject ? SUBJECT : { share: SHARE, area: AREA }
    return share >= least.share && area >= least.area ? [thing.kind] : []
  })
  return Int32Array.from(new Set(seen)).sort()
}
