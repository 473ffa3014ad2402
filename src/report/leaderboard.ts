import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { count, percent } from "./format.ts"
import { blocks } from "./grid.ts"
import { type Look, paint, type Style } from "./style.ts"

/** The columns that make a table a leaderboard: a row a model and column, values in 0..1. */
const Entry = Schema.Struct({
  model: Schema.String,
  column: Schema.String,
  kind: Schema.Literals(["set", "aggregate"]),
  value: Schema.Number,
  rank: Schema.Int,
  /** Rank on the reference set minus `rank`: a gain is positive. */
  change: Schema.Int,
  images: Schema.Int,
  skipped: Schema.Int,
})
export type Entry = typeof Entry.Type

/** The rows of a table as a leaderboard's, where it has such columns. */
export const fromRows = (rows: ReadonlyArray<unknown>): Option.Option<ReadonlyArray<Entry>> =>
  Schema.decodeUnknownOption(Schema.NonEmptyArray(Entry))(rows)

interface Column {
  readonly name: string
  readonly kind: Entry["kind"]
  readonly entries: ReadonlyMap<string, Entry>
  /** Ranks that more than one model holds. */
  readonly tied: ReadonlySet<number>
}

const columnsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Column> =>
  [...Map.groupBy(entries, (entry) => entry.column)]
    .map(([name, own]) => ({
      name,
      kind: own[0]?.kind ?? "set",
      entries: new Map(own.map((entry) => [entry.model, entry])),
      tied: new Set([...Map.groupBy(own, ({ rank }) => rank)].flatMap(([rank, at]) => (at.length > 1 ? [rank] : []))),
    }))
    .toSorted((a, b) => (a.kind === b.kind ? 0 : a.kind === "set" ? -1 : 1))

// On the reference set no model has moved. Another set on which none has moved has the same ranks.
const referenceOf = (columns: ReadonlyArray<Column>): Column | undefined =>
  columns.find(({ entries, kind }) => kind === "set" && [...entries.values()].every(({ change }) => change === 0))

const changeText = (change: number): string => (change > 0 ? `▲${change}` : change < 0 ? `▼${-change}` : "=")
const changeLook = (change: number): Look => (change > 0 ? "good" : change < 0 ? "bad" : "quiet")

/**
 * A leaderboard as text: the scores in percent (sets, then aggregates) with the
 * images each set holds, then the ranks with their changes against the
 * reference. Models stand in the order of their ranks on the reference.
 */
export const render = (entries: ReadonlyArray<Entry>, style: Style): ReadonlyArray<string> => {
  const columns = columnsOf(entries)
  const reference = referenceOf(columns)
  const order = (model: string) => reference?.entries.get(model)?.rank ?? Number.POSITIVE_INFINITY
  const models = [...new Set(entries.map(({ model }) => model))].toSorted((a, b) => order(a) - order(b) || 0)
  const head = (corner: string) =>
    [corner, ...columns.map(({ name }) => name)].map((cell) => paint(style, "strong", cell))
  const align = ["left" as const, ...columns.map(() => "right" as const)]

  const best = (entry: Entry | undefined, text: string) => (entry?.rank === 1 ? paint(style, "strong", text) : text)
  const scores = models.map((model) => [
    model,
    ...columns.map((column) => {
      const entry = column.entries.get(model)
      return best(entry, percent(entry?.value ?? Number.NaN))
    }),
  ])
  const most = (column: Column, of: (entry: Entry) => number) =>
    column.kind === "aggregate" ? 0 : Math.max(0, ...[...column.entries.values()].map(of))
  const images = columns.map((column) => most(column, (entry) => entry.images))
  const skipped = columns.map((column) => most(column, (entry) => entry.skipped))
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
    ...section("Scores, in percent", [head("model"), ...scores, ...foot]),
    "",
    ...section(legend, [head("model"), ...ranks]),
  ]
}
