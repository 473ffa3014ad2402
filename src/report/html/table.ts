import { count } from "../format.ts"
import { type Context, from } from "./figure.ts"
import { html, type Html, type Piece } from "./Html.ts"
import { limits } from "./limits.ts"

/** A cell: what is shown, and the value it is sorted by and saved as. */
export interface Cell {
  readonly shown: Piece
  readonly value: string | number
  /** The interval around the value, saved beside it. */
  readonly interval?: readonly [low: number, high: number] | undefined
  readonly look?: "better" | "worse" | "same" | "best" | "quiet" | undefined
}

/** A column: its name in the head, and in a file where that is another. */
export interface Head {
  readonly name: string
  readonly numeric: boolean
  /** What the head shows where it is more than the name. */
  readonly shown?: Piece
}

/** A table that can be sorted and saved. */
export interface Table {
  readonly id: string
  readonly title: string
  readonly caption: Piece
  readonly head: ReadonlyArray<Head>
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
  readonly sources: ReadonlyArray<number>
  /** How many rows there are in all, where not all are on the page. */
  readonly total?: number
  /** Which node has the rest: the first of the sources where nothing is said, none where this is empty. */
  readonly node?: string
}

/** A cell of text. */
export const text = (value: string): Cell => ({ shown: value, value })

/** A cell with a number, `digits` behind the point; a dash for what is not a number. */
export const number = (value: number, digits = 0): Cell => ({
  shown: Number.isFinite(value) ? (digits === 0 ? count(value) : value.toFixed(digits)) : "–",
  value,
})

const attributes = ({ interval, value }: Cell): Html => {
  const [low, high] = interval ?? []
  return html` data-v="${typeof value === "number" && !Number.isFinite(value) ? "" : value}"${
    low !== undefined && high !== undefined && html` data-low="${low}" data-high="${high}"`
  }`
}

const classOf = ({ look }: Cell, numeric: boolean): Html | undefined => {
  const names = [...(numeric ? ["n"] : []), ...(look === undefined ? [] : [look])]
  return names.length === 0 ? undefined : html` class="${names.join(" ")}"`
}

const cell = (one: Cell, at: number, head: ReadonlyArray<Head>): Html => {
  const numeric = head[at]?.numeric === true
  // The first cell of a row says what the row is about.
  return at === 0
    ? html`<th scope="row" ${attributes(one)}${classOf(one, numeric)}>${one.shown}</th>`
    : html`<td${attributes(one)}${classOf(one, numeric)}>${one.shown}</td>`
}

/** Rows of a table's body. */
export const body = (head: ReadonlyArray<Head>, rows: ReadonlyArray<ReadonlyArray<Cell>>): Html =>
  html`${rows.map(
    (row) =>
      html`<tr>
        ${row.map((value, at) => cell(value, at, head))}
      </tr> `,
  )}`

/** A table on the page. */
export const table = (context: Context, one: Table): Html => {
  const id = `${context.prefix}${one.id}`
  const rows = one.rows.slice(0, limits.rows)
  const total = Math.max(one.total ?? 0, one.rows.length)
  const source = context.report.sources[one.sources[0] ?? -1]
  const node = one.node ?? source?.target ?? source?.node ?? ""
  const rest =
    total > rows.length &&
    html`<p class="note">
      The first ${count(rows.length)} of ${count(total)}
      rows.${node !== "" && html` All of them: <code>pipeline show '${node}' --format csv</code>`}
    </p>`
  return html`<section class="table" id="${id}">
    <h3 id="${id}-title">${one.title}</h3>
    <p id="${id}-caption">${one.caption}</p>
    <div class="scroll${rows.length > 30 && " long"}" tabindex="0" role="group" aria-labelledby="${id}-title">
      <table aria-labelledby="${id}-title" aria-describedby="${id}-caption">
        <thead>
          <tr>
            ${one.head.map(
              ({ name, numeric, shown }) =>
                html`<th scope="col" data-key="${name}" ${numeric && html` class="n"`}>
                  <button type="button" data-sort disabled>${shown ?? name}</button>
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${body(one.head, rows)}
        </tbody>
      </table>
    </div>
    ${rest}
    <p class="tools">
      <button type="button" data-csv="${id}" hidden>Save as CSV</button> ${from(context, one.sources)}
    </p>
  </section>`
}
