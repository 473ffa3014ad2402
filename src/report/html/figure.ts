import { html, type Html, join, type Piece, prose } from "./Html.ts"
import type { Look } from "./palette.ts"
import type { Report } from "./Study.ts"

/** What is needed to say where figures come from, and to name elements without clashes. */
export interface Context {
  readonly report: Report
  /** Before the ids of one study. */
  readonly prefix: string
}

/** Where something comes from, in a line, with links to the full record. */
export const from = ({ report }: Context, sources: ReadonlyArray<number>): Html | undefined => {
  if (sources.length === 0) return undefined
  const cited = sources.slice(0, 3).flatMap((at) => {
    const source = report.sources[at]
    if (source === undefined) return []
    const name = source.target ?? source.node
    const stale = source.fresh ? undefined : html` <span class="stale">(● from an earlier run)</span>`
    return [html`<a href="#source-${at}">${name}</a>${stale}`]
  })
  const rest = sources.length - cited.length
  const stale = sources.slice(3).some((at) => report.sources[at]?.fresh === false)
  const more =
    rest > 0 &&
    html` and
      <a href="#provenance">${rest} more</a>${stale && html` <span class="stale">(● some from an earlier run)</span>`}`
  return html`<span class="from">From ${join(cited, ", ")}${more}</span>`
}

/** What a symbol and a colour stand for. */
export interface Key {
  readonly name: string
  readonly look: Pick<Look, "colour" | "symbol"> & { readonly hollow?: boolean }
  /** The number by which its marks are known. */
  readonly mark?: string
}

// Symbols of about the same area as Plot draws them, in a box of 12 by 12.
const shapes: { readonly [K in Look["symbol"]]: string } = {
  circle: "M6 2.2a3.8 3.8 0 1 1 0 7.6a3.8 3.8 0 1 1 0-7.6z",
  square: "M2.6 2.6h6.8v6.8h-6.8z",
  triangle: "M6 1.2l4.6 8h-9.2z",
  diamond: "M6 .6l3.2 5.4l-3.2 5.4l-3.2-5.4z",
  star: "M6 .6l1.25 3.68l3.88.05l-3.1 2.33l1.15 3.7l-3.18-2.22l-3.18 2.22l1.15-3.7l-3.1-2.33l3.88-.05z",
  cross: "M4.5 1.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
  wye: "M4.7 6.8l-3-1.75l1.3-2.25l3 1.75l3-1.75l1.3 2.25l-3 1.75v3.5h-2.6z",
}

/** A list of what symbols and colours stand for. */
export const legend = (keys: ReadonlyArray<Key>): Html =>
  html`<ul class="legend">
    ${keys.map(
      ({ look, mark, name }) =>
        html`<li${mark !== undefined && html` data-model="${mark}"`}>
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path
              d="${shapes[look.symbol]}"
              fill="${look.hollow === true ? "none" : look.colour}"
              stroke="${look.colour}"
            /></svg
          >${name}
        </li>`,
    )}
  </ul>`

/** A picture of a figure; `name` where the reader chooses among several. */
export interface Panel {
  readonly svg: Html
  readonly name?: string
}

/** A figure with its caption, its panels and what it was drawn from. */
export interface Figure {
  readonly id: string
  readonly title: string
  readonly caption: Piece
  readonly keys?: ReadonlyArray<Key>
  readonly panels: ReadonlyArray<Panel>
  /** Whether one panel is shown at a time; what is chosen, in a word. */
  readonly choose?: string
  readonly sources: ReadonlyArray<number>
  /** What was left out of the picture. */
  readonly notes?: ReadonlyArray<string | undefined>
}

/** A figure on the page. */
export const figure = (context: Context, one: Figure): Html => {
  const id = `${context.prefix}${one.id}`
  const chooser =
    one.choose !== undefined &&
    one.panels.length > 1 &&
    html`<label class="choose"
      >${one.choose}
      <select data-panels="${id}">
        ${one.panels.map(({ name }, at) => html`<option value="${at}">${name ?? `${at + 1}`}</option>`)}
      </select></label
    >`
  return html`<figure id="${id}" class="${one.choose === undefined ? "" : "chosen"}">
    <figcaption>
      <h3>${one.title}</h3>
      <p>${one.caption}</p>
    </figcaption>
    ${chooser}${one.keys === undefined ? undefined : legend(one.keys)}
    <div class="panels" tabindex="0" role="group" aria-label="${one.title}">
      ${one.panels.map(
        ({ svg }, at) => html`<div class="panel" ${one.choose !== undefined && at > 0 && html` hidden`}>${svg}</div>`,
      )}
    </div>
    ${one.notes?.map((note) => note !== undefined && html`<p class="note">${prose(note)}</p>`)}
    <p class="tools">
      <button type="button" data-svg="${id}" hidden>Save as SVG</button> ${from(context, one.sources)}
    </p>
  </figure>`
}
