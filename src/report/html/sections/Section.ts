import type { Context } from "../figure.ts"
import { html, type Html, type Piece, prose } from "../Html.ts"
import { isFound, type Part } from "../Study.ts"

/** A part of the page with a heading of its own. */
export interface Section {
  readonly id: string
  readonly title: string
  readonly body: Piece
}

/** In place of something that is not there: what would give it. */
export const missing = (title: string, why: string): Html =>
  html`<p class="missing"><strong>${title}:</strong> ${prose(why)}</p>`

/** Something if its part was found and there is something to draw; else what would give it. */
export const ifFound = <T>(title: string, part: Part<T>, draw: () => Html | undefined): Html | undefined =>
  isFound(part) ? draw() : missing(title, part.missing)

/** A section on the page. */
export const section = ({ prefix }: Context, { body, id, title }: Section): Html =>
  html`<section id="${prefix}${id}" class="part">
    <h2>${title}</h2>
    ${body}
  </section>`
