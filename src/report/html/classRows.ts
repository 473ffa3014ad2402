/** Gains and losses by class, drawn alike when the page is made and in the page itself. */
import { percent } from "../format.ts"
import { html } from "./Html.ts"
import { type Cell, type Head, number, text } from "./table.ts"

/** Accuracies by class, as the page has them. */
export interface ClassData {
  readonly sets: ReadonlyArray<{
    readonly set: string
    readonly classes: ReadonlyArray<number>
    readonly images: ReadonlyArray<number>
    /** A list a model, `null` where there is no score. */
    readonly values: ReadonlyArray<ReadonlyArray<number | null>>
  }>
  /** Names by class; a class without one goes by its number. */
  readonly names: ReadonlyArray<string>
  /** How many classes are shown from each end. */
  readonly each: number
}

/** The columns of {@link classRows}. */
export const classHead: ReadonlyArray<Head> = [
  { name: "class", numeric: false },
  { name: "images", numeric: true },
  { name: "from", numeric: true },
  { name: "to", numeric: true },
  { name: "change", numeric: true },
]

const signed = (share: number): string => `${share > 0 ? "+" : share < 0 ? "−" : ""}${percent(Math.abs(share))}`

/** A change as a bar, which is as long as half its room where it is the largest. */
const change = (share: number, largest: number): Cell => {
  const length = largest === 0 ? 0 : (50 * Math.abs(share)) / largest
  return {
    shown: html`<span class="bar ${share >= 0 ? "gain" : "loss"}"><i style="width:${length.toFixed(1)}%"></i></span>
      <span class="points">${signed(share)}</span>`,
    value: share,
  }
}

/** What changes from one model to another on a set, gains first; of many classes those at both ends. */
export const classRows = (
  { each, names, sets }: ClassData,
  set: number,
  a: number,
  b: number,
): ReadonlyArray<ReadonlyArray<Cell>> => {
  const found = sets[set]
  const rows = (found?.classes ?? []).flatMap((label, at) => {
    const [from, to] = [found?.values[a]?.[at], found?.values[b]?.[at]]
    return from === undefined || from === null || to === undefined || to === null
      ? []
      : [{ name: names[label] ?? `class ${label}`, images: found?.images[at] ?? 0, from, to }]
  })
  const sorted = rows.toSorted((x, y) => y.to - y.from - (x.to - x.from))
  const shown = sorted.length <= 2 * each ? sorted : [...sorted.slice(0, each), ...sorted.slice(-each)]
  const largest = shown.reduce((most, { from, to }) => Math.max(most, Math.abs(to - from)), 0)
  return shown.map(({ from, images, name, to }) => [
    text(name),
    number(images),
    { shown: percent(from), value: from },
    { shown: percent(to), value: to },
    change(to - from, largest),
  ])
}
