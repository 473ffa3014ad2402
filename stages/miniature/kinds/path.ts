/** SVG path data of simple figures, rounded so that text and picture are the same everywhere. */

/** A number as it stands in the picture: two decimals. */
export const fixed = (value: number): string => String(Math.round(value * 100) / 100)

/** An ellipse about a centre. */
export const ellipse = (x: number, y: number, rx: number, ry: number = rx): string =>
  `M${fixed(x - rx)} ${fixed(y)}A${fixed(rx)} ${fixed(ry)} 0 1 1 ${fixed(x + rx)} ${fixed(y)}A${fixed(rx)} ${fixed(ry)} 0 1 1 ${fixed(x - rx)} ${fixed(y)}Z`

/** Straight edges through points given as x, y, x, y, …; closed. */
export const polygon = (...xy: ReadonlyArray<number>): string => `${line(...xy)}Z`

/** Straight edges through points given as x, y, x, y, …; open. */
export const line = (...xy: ReadonlyArray<number>): string =>
  xy.map((value, i) => (i % 2 === 0 ? `${i === 0 ? "M" : "L"}${fixed(value)}` : ` ${fixed(value)}`)).join("")

/** A rectangle from its left upper corner. */
export const box = (x: number, y: number, width: number, height: number): string =>
  polygon(x, y, x + width, y, x + width, y + height, x, y + height)

/** Path data with numbers put in: path`M${x} ${y}L0 0`. */
export const path = (text: TemplateStringsArray, ...values: ReadonlyArray<number>): string =>
  text.map((piece, i) => piece + (i < values.length ? fixed(values[i] ?? 0) : "")).join("")
