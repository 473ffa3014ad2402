import * as Effect from "effect/Effect"
import { definitions, drawing } from "./picture/draw.ts"
import { layout } from "./picture/layout.ts"
import type { Picture } from "./picture/Picture.ts"
import { foldable } from "./picture/size.ts"
import { colours, shapes } from "./picture/style.ts"
import { escape, width } from "./picture/text.ts"
import { counts, tally } from "./picture/words.ts"

const margin = 16
const legend = 34

/** The states that occur, each with its sign: what the colours mean. */
const key = ({ nodes }: Picture): string => {
  let x = margin
  return tally(nodes)
    .map(([mark, found]) => {
      const told = `${found} ${mark}`
      const here = x
      x += 16 + width(told, 11) + 14
      return `<use href="#rs-${mark}" class="rs-sign m-${mark}" x="${here}" y="11" width="12" height="12"/><text x="${here + 16}" y="21">${told}</text>`
    })
    .join("")
}

/**
 * A picture of a plan as an SVG document that stands by itself: boxes of nodes
 * that are alike, those that `open` names unfolded, with states as colour, sign
 * and word, and what there is to say of each as its tooltip. Light or dark as
 * the reader has it.
 */
export const svg = Effect.fnUntraced(function* (
  picture: Picture,
  open: (box: Picture["boxes"][number]) => boolean = () => false,
): Effect.fn.Return<string> {
  const shown = new Set(picture.boxes.flatMap((box, at) => (foldable(box) && open(box) ? [at] : [])))
  const laid = yield* layout(picture, (at) => shown.has(at))
  const [wide, high] = [Math.ceil(laid.width + 2 * margin), Math.ceil(laid.height + 2 * margin + legend)]
  const label = `${picture.pipeline}: ${counts(picture.nodes)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rs" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="img" aria-label="${escape(label)}">`,
    `<title>${escape(label)}</title>`,
    `<style>${colours("svg.rs")}\n${shapes}</style>`,
    definitions,
    `<rect class="rs-ground" width="100%" height="100%" fill="var(--ground)"/>`,
    key(picture),
    `<g transform="translate(${margin} ${margin + legend})">${drawing(picture, laid, shown, false)}</g>`,
    "</svg>",
    "",
  ].join("\n")
})
