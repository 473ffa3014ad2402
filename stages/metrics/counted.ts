import type { LabelIndex } from "../labelIndex.ts"

/** Rows of labels by what became of them: `images` has those with a prediction. */
export interface Counted {
  readonly images: number
  /** Labelled, without a prediction. */
  readonly skipped: number
  readonly unlabelled: number
}

/** Counts what `judge` has seen. */
export const counted = (seen: Uint8Array, index: LabelIndex): Counted => {
  let [images, skipped, unlabelled] = [0, 0, 0]
  for (const [row, has] of seen.entries()) {
    if (index.labelsAt(row).length === 0) unlabelled++
    else if (has === 0) skipped++
    else images++
  }
  return { images, skipped, unlabelled }
}
