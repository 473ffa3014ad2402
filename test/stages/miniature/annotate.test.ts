import { assert, it } from "@effect/vitest"
import { realLabels, singleLabel } from "../../../stages/miniature/annotate.ts"
import { compose } from "../../../stages/miniature/compose.ts"
import type { Patch, Scene, Thing } from "../../../stages/miniature/Scene.ts"

const drawn = compose(1, "validation", 7)
const subject = { ...(drawn.things[drawn.subject] as Thing), x: 50, y: 50, scale: 0.6 }
const scene = (things: ReadonlyArray<Thing>, covers: ReadonlyArray<Patch> = [], at = 0): Scene => ({
  ...drawn,
  things,
  covers,
  subject: at,
})
const other = (kind: number, x: number, y: number, scale: number): Thing => ({ ...subject, kind, x, y, scale })
const cover = (x: number, r: number): Patch => ({
  form: "ellipse",
  x,
  y: 50,
  rx: r,
  ry: r,
  turn: 0,
  colour: "#000000",
  opacity: 1,
})
const label = subject.kind

it("a thing that is seen is a label", () => {
  assert.deepStrictEqual([...realLabels(scene([subject]))], [label])
})

it("a thing that is hidden is none, though the single label still says it", () => {
  const hidden = scene([subject], [cover(50, 45)])
  assert.deepStrictEqual([...realLabels(hidden)], [])
  assert.deepStrictEqual([...singleLabel(hidden)], [label])
})

it("a thing behind another or outside the frame is none", () => {
  assert.deepStrictEqual([...realLabels(scene([subject, other(0, 50, 50, 1)], [], 0))], [0])
  assert.deepStrictEqual([...realLabels(scene([{ ...subject, x: 130 }]))], [])
})

it("bystanders are labels if they are large enough, each class once and in order", () => {
  const far = { ...subject, x: 24, y: 24, scale: 0.45 }
  const large = scene([far, other(19, 76, 24, 0.45), other(0, 24, 76, 0.45), other(19, 76, 76, 0.45)])
  assert.deepStrictEqual(
    [...realLabels(large)],
    [0, label, 19].sort((a, b) => a - b),
  )
  assert.deepStrictEqual([...realLabels(scene([far, other(19, 80, 80, 0.15)]))], [label])
})
