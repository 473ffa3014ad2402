import { changeText, type Entry, make, most, unitsText, valueText } from "./Board.ts"
import { count } from "./format.ts"
import { blocks } from "./grid.ts"
import { type Look, paint, type Style } from "./style.ts"

const changeLook = (change: number): Look => (change > 0 ? "good" : change < 0 ? "bad" : "quiet")

/**
 * A leaderboard as text: the scores, shares in percent (sets, then aggregates), with the
 * images each set holds, then the ranks with their changes against the
 * reference. Models stand in the order of their ranks on the reference.
 */
export const render = (entries: ReadonlyArray<Entry>, style: Style): ReadonlyArray<string> => {
  const { columns, models, reference } = make(entries)
  const head = (corner: string) =>
    [corner, ...columns.map(({ name }) => name)].map((cell) => paint(style, "strong", cell))
  const align = ["left" as const, ...columns.map(() => "right" as const)]

  const best = (entry: Entry | undefined, text: string) => (entry?.rank === 1 ? paint(style, "strong", text) : text)
  const scores = models.map((model) => [
    model,
    ...columns.map((column) => {
      const entry = column.entries.get(model)
      return best(entry, valueText(entry))
    }),
  ])
  const images = columns.map((column) => (column.kind === "aggregate" ? 0 : most(column, "images")))
  const skipped = columns.map((column) => (column.kind === "aggregate" ? 0 : most(column, "skipped")))
  const countRow = (name: string, counts: ReadonlyArray<number>) =>
    [name, ...counts.map((n, at) => (columns[at]?.kind === "aggregate" ? "" : count(n)))].map((cell) =>
      paint(style, "quiet", cell),
    )
  const foot = [countRow("images", images), ...(skipped.some((n) => n > 0) ? [countRow("skipped", skipped)] : [])]

  const anyTie = columns.some(({ tied }) => tied.size > 0)
  const ranks = models.map((model) => [
    model,
    ...columns.map((column) => {
      const entry = column.entries.get(model)
      if (entry === undefined) return "–"
      // Room is kept for the mark of a tie and for the longest change: the ranks then stand below one another.
      const rank = `${entry.rank}${column.tied.has(entry.rank) ? "*" : column.tied.size > 0 ? " " : ""}`
      const room = Math.max(...[...column.entries.values()].map(({ change }) => changeText(change).length))
      const change = paint(style, changeLook(entry.change), changeText(entry.change))
      return column === reference ? rank : `${rank} ${change}${" ".repeat(room - changeText(entry.change).length)}`
    }),
  ])
  const signs = [...(reference === undefined ? [] : ["▲ better, ▼ worse, = the same"]), ...(anyTie ? ["* tied"] : [])]
  const legend = [
    reference === undefined ? "Ranks" : `Ranks, and changes against ${reference.name}`,
    ...(signs.length === 0 ? [] : [`(${signs.join("; ")})`]),
  ].join(" ")

  const section = (title: string, rows: ReadonlyArray<ReadonlyArray<string>>) => [
    paint(style, "strong", title),
    ...blocks(rows, align, style.columns).flatMap((part, at) => (at === 0 ? part : ["", ...part])),
  ]
  return [
    ...section(`Scores, ${unitsText(columns)}`, [head("model"), ...scores, ...foot]),
    "",
    ...section(legend, [head("model"), ...ranks]),
  ]
}
