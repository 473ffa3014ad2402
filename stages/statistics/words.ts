/** Numbers and lists as words: the same input gives the same text. */

/** `a`, `a and b`, `a, b and c`. */
export const list = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

/** A p-value: `p = .41`, `p = .032`, `p < .001`. */
export const pValue = (p: number): string => {
  if (Number.isNaN(p)) return "p unknown"
  if (p < 0.001) return "p < .001"
  const text = p >= 0.995 ? "1" : p.toFixed(p < 0.0995 ? 3 : 2)
  return `p = ${text.replace(/^0/, "")}`
}

/** A difference of accuracies (0..1) in percentage points: `1.2 points`, `0.04 points`. */
export const points = (difference: number): string => {
  const value = difference * 100
  const size = Math.abs(value)
  const text = value.toFixed(size >= 0.095 || size === 0 ? 1 : size >= 0.0095 ? 2 : 3)
  return `${text} ${text === "1.0" ? "point" : "points"}`
}

/** A share as a percentage that is only called all or none where it is: `98%`, `less than 1%`, `more than 99%`. */
export const share = (value: number): string => {
  if (value > 0 && value < 0.01) return "less than 1%"
  if (value > 0.99 && value < 1) return "more than 99%"
  return `${Math.round(value * 100)}%`
}

/** Ranks: `1`, `1 to 3`. */
export const ranks = (low: number, high: number): string => (low === high ? `${low}` : `${low} to ${high}`)
