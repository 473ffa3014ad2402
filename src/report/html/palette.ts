/**
 * Colours of the charts, after Okabe and Ito: told apart with every common
 * colour vision. A colour goes with a symbol, a dash or a word, so that nothing
 * is said by colour alone. Each is a variable of the page with the light theme's
 * value behind it, so that a chart taken out of the page keeps its colours.
 */

/** Name, value in the light theme, value in the dark one. */
export const colours = [
  ["s1", "#0072b2", "#4aa8de"],
  ["s2", "#d55e00", "#f0803c"],
  ["s3", "#009e73", "#2cc295"],
  ["s4", "#cc79a7", "#e39ac4"],
  ["s5", "#c98500", "#f0b030"],
  ["s6", "#56b4e9", "#8ccbf0"],
  ["s7", "#444444", "#d8d8d8"],
  ["better", "#0072b2", "#56b4e9"],
  ["worse", "#c04f00", "#f0904c"],
  ["quiet", "#8a8f98", "#7d848f"],
  ["faint", "#d9dce1", "#343a42"],
] as const

export type Colour = (typeof colours)[number][0]

/** A colour as an attribute of SVG. */
export const paint = (colour: Colour): string =>
  `var(--${colour}, ${colours.find(([name]) => name === colour)?.[1] ?? "currentColor"})`

const series = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"] as const satisfies ReadonlyArray<Colour>
const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"] as const
const dashes = ["none", "6 3", "2 3"] as const

/** How one of several models is drawn: no two of the first 49 look the same. */
export interface Look {
  readonly colour: string
  readonly symbol: (typeof symbols)[number]
  readonly dash: string
}

/** The look of the `index`-th model. */
export const lookOf = (index: number): Look => {
  const round = Math.floor(index / series.length)
  return {
    colour: paint(series[index % series.length] ?? "s1"),
    symbol: symbols[(index + round) % symbols.length] ?? "circle",
    dash: dashes[round % dashes.length] ?? "none",
  }
}

/** The variables of a theme, as declarations of CSS. */
export const variables = (theme: "light" | "dark"): string =>
  colours.map(([name, light, dark]) => `--${name}:${theme === "light" ? light : dark}`).join(";")
