import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

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

/** A set, or an aggregate over sets. */
export interface Column {
  readonly name: string
  readonly kind: Entry["kind"]
  /** By model. */
  readonly entries: ReadonlyMap<string, Entry>
  /** Ranks that more than one model holds. */
  readonly tied: ReadonlySet<number>
}

/** A leaderboard as it is read: models in the order of their ranks on the reference, sets before aggregates. */
export interface Board {
  readonly models: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
  readonly reference: Column | undefined
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

/** The leaderboard that some rows make. */
export const make = (entries: ReadonlyArray<Entry>): Board => {
  const columns = columnsOf(entries)
  const reference = referenceOf(columns)
  const order = (model: string) => reference?.entries.get(model)?.rank ?? Number.POSITIVE_INFINITY
  const models = [...new Set(entries.map(({ model }) => model))].toSorted((a, b) => order(a) - order(b) || 0)
  return { models, columns, reference }
}

/** The largest number of images (or of skipped ones) that a set's entries tell of. */
export const most = (column: Column, of: "images" | "skipped"): number =>
  [...column.entries.values()].reduce((largest, entry) => Math.max(largest, entry[of]), 0)

/** How far a rank has moved: `▲2` better, `▼1` worse, `=` the same. */
export const changeText = (change: number): string => (change > 0 ? `▲${change}` : change < 0 ? `▼${-change}` : "=")

/** What the aggregates of the built-in stages are called in full. */
export const fullName = (aggregate: string): string =>
  new Map([
    ["weighted", "Weighted average"],
    ["geometric", "Geometric mean"],
    ["precision", "Precision-weighted average"],
  ]).get(aggregate) ?? aggregate
