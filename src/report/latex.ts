import type { Sheet, SheetCell } from "./sheets.ts"

const letters = new Map([
  ["\\", "\\textbackslash{}"],
  ["~", "\\textasciitilde{}"],
  ["^", "\\textasciicircum{}"],
  ["<", "\\textless{}"],
  [">", "\\textgreater{}"],
  ["–", "--"],
])

const escape = (text: string): string =>
  text.replaceAll(/[\\~^<>–&%$#_{}]/g, (letter) => letters.get(letter) ?? `\\${letter}`).replaceAll(/\s+/g, " ")

const changed = (change: number): string => {
  const text = `(${change > 0 ? "+" : change < 0 ? "$-$" : "+"}${Math.abs(change)})`
  return change === 0 ? text : `\\textcolor{${change > 0 ? "better" : "worse"}}{${text}}`
}

const cell = ({ best, change, text, tied }: SheetCell): string => {
  const value = best === true ? `\\textbf{${escape(text)}}` : escape(text)
  return [`${value}${tied === true ? "$^{*}$" : ""}`, ...(change === undefined ? [] : [changed(change)])].join(" ")
}

/**
 * Tables for LaTeX, with the rules of booktabs. Changes of ranks are in brackets
 * as in Ozbulak et al. 2025, signed and coloured.
 */
export const latex = (sheets: ReadonlyArray<Sheet>): ReadonlyArray<string> => [
  "% \\usepackage{booktabs,xcolor}",
  ...(sheets.some(({ rows }) => rows.some((row) => row.some(({ change }) => change !== undefined && change !== 0)))
    ? ["\\definecolor{better}{HTML}{0072B2}", "\\definecolor{worse}{HTML}{D55E00}"]
    : []),
  ...sheets.flatMap(({ align, head, rows, title }) => [
    "",
    "\\begin{table}",
    "\\centering",
    `\\caption{${escape(title)}.}`,
    `\\begin{tabular}{${align.map((side) => (side === "left" ? "l" : "r")).join("")}}`,
    "\\toprule",
    `${head.map(escape).join(" & ")} \\\\`,
    "\\midrule",
    ...rows.map((row) => `${row.map(cell).join(" & ")} \\\\`),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
  ]),
]
