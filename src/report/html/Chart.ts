// Loads Observable Plot and linkedom: import it when charts are to be drawn.
import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"
import { escape, type Html, raw } from "./Html.ts"

/** What is needed of an element that Plot has made. */
interface Drawn {
  readonly outerHTML: string
}

const coordinates = / (?:d|transform|x[12]?|y[12]?|cx|cy|r|width|height)="[^"]*"/g

/** To a hundredth of a pixel: half the size of a chart is digits that no one sees. */
const rounded = (attribute: string): string =>
  attribute.replaceAll(/-?\d+\.\d{3,}/g, (digits) => `${Number(Number(digits).toFixed(2))}`)

/** The picture alone: how it sits on the page is the page's own affair. */
const cleaned = (svg: string): string =>
  svg
    .replace(/<style>[^]*?<\/style>/, "")
    .replaceAll(/<g[^>]*>/g, (tag) => tag.replaceAll(/ aria-(?:label|hidden)="[^"]*"/g, ""))
    .replaceAll(/ aria-label="(\d+)"/g, ' data-model="$1"')
    .replaceAll(coordinates, rounded)

/** A chart: its picture, and what it shows in words for those who do not see it. */
export interface ChartOptions extends Plot.PlotOptions {
  readonly width: number
  readonly height: number
  /** A line above the chart. */
  readonly heading?: string
  /** More lines below it, in italics. */
  readonly lines?: ReadonlyArray<string>
  /** What is shown, in a sentence. */
  readonly label: string
}

/** Room for a line above the chart. */
const headroom = 26

/**
 * Draws a chart as SVG. Text is set in the page's own font and colour. A mark's
 * `ariaLabel` is a number by which marks of one model are known in the page:
 * names stand in text alone, where they are escaped.
 */
export const chart = ({ heading, height, label, lines = [], width, ...options }: ChartOptions): Html => {
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const made: Drawn = Plot.plot({ marginBottom: 42, marginRight: 24, ...options, width, height, document })
  const above = [...(heading === undefined ? [] : [heading]), ...lines]
  const room = above.length === 0 ? 0 : headroom + (above.length - 1) * 18
  // Axes take the margin above a chart for their labels, so what stands above them is put on top of it all.
  const texts = above.map((text, at) => {
    const look =
      at === 0 && heading !== undefined ? 'font-size="13" font-weight="600"' : 'font-size="12" font-style="italic"'
    return `<text x="0" y="${14 + at * 18 - room}" text-anchor="start" ${look}>${escape(text)}</text>`
  })
  const open = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" style="--width:${width}px" role="img" aria-label="${escape(label)}"`,
    `viewBox="0 ${-room} ${width} ${height + room}" width="${width}" height="${height + room}"`,
    'text-anchor="middle" font-size="12" font-family="system-ui, sans-serif" fill="currentColor">',
  ].join(" ")
  return raw(cleaned(made.outerHTML).replace(/^<svg[^>]*>/, `${open}${texts.join("")}`))
}

/** About how wide a text is, in pixels, at 12 pixels a line. */
export const textWidth = (text: string): number => [...text].length * 7.4

/** Room for the longest of some texts, within reason. */
export const roomFor = (texts: ReadonlyArray<string>): number =>
  Math.min(200, 22 + texts.reduce((widest, text) => Math.max(widest, textWidth(text)), 0))

/** How many ticks fit beside one another in so many pixels, if each has `letters` letters. */
export const ticksIn = (pixels: number, letters: number): number =>
  Math.max(2, Math.floor(pixels / (textWidth("0".repeat(letters)) + 14)))

/** A name cut to what fits beside a chart. */
export const shortened = (text: string): string =>
  [...text].length > 24 ? `${[...text].slice(0, 23).join("")}…` : text

/**
 * Moves positions apart until none is nearer to the next than `gap`, keeping
 * their order and staying as near to where they were as can be, between `least`
 * and `most` where there is room.
 */
export const apart = (at: ReadonlyArray<number>, gap: number, least: number, most: number): ReadonlyArray<number> => {
  const order = at.map((_, index) => index).sort((a, b) => (at[a] ?? 0) - (at[b] ?? 0))
  const run = (members: ReadonlyArray<number>) => {
    const reach = ((members.length - 1) * gap) / 2
    const mean = members.reduce((sum, member) => sum + (at[member] ?? 0), 0) / members.length
    const middle = Math.max(Math.min(mean, most - reach), least + reach)
    return { members, begins: middle - reach, ends: middle + reach }
  }
  // Runs of labels that touch, each around the middle of what it labels.
  const runs: Array<ReturnType<typeof run>> = []
  for (const index of order) {
    let next = run([index])
    for (let last = runs.at(-1); last !== undefined && next.begins - last.ends < gap; last = runs.at(-1)) {
      runs.pop()
      next = run([...last.members, ...next.members])
    }
    runs.push(next)
  }
  const moved = [...at]
  for (const { begins, members } of runs) members.forEach((member, place) => (moved[member] = begins + place * gap))
  return moved
}
