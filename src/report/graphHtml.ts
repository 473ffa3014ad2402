import * as Effect from "effect/Effect"
import { layouts } from "./picture/layout.ts"
import type { Picture } from "./picture/Picture.ts"
import { foldable } from "./picture/size.ts"
import { script } from "./ui/script.ts"
import { shell } from "./ui/shell.ts"

/**
 * A picture of a plan as a page of one file: boxes fold and unfold, states and
 * their reasons can be read by mouse and by keyboard. `open` chooses the boxes
 * that are unfolded at first. It opens from a disk and asks the network for nothing.
 */
export const html = Effect.fnUntraced(function* (
  picture: Picture,
  open: (box: Picture["boxes"][number]) => boolean = () => false,
): Effect.fn.Return<string> {
  const unfolded = picture.boxes.flatMap((box, at) => (foldable(box) && open(box) ? [at] : []))
  const start = { picture, layouts: yield* layouts(picture), open: unfolded }
  return shell({ title: `${picture.pipeline}: graph`, start, script: yield* script("graphPage") })
})
