import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { percent } from "./format.ts"

/** The columns that make a table a leaderboard: a row a model and column. */
const Entry = Schema.Struct({
  model: Schema.String,
  column: Schema.String,
  kind: Schema.Literals(["set", "aggregate"]),
  /** What the value is: `share` (0..1, and meant where nothing is said), `nats`, or empty for a bare number. */
  unit: Schema.optionalKey(Schema.String),
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
  readonly unit: string
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
      unit: own[0]?.unit ?? "share",
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

/** A value as it is read: a share in percent with one decimal, anything else with three. */
export const valueText = (entry: Entry | undefined): string =>
  entry === undefined || (entry.unit ?? "share") === "share"
    ? percent(entry?.value ?? Number.NaN)
    : entry.value.toFixed(3)

const unitText = (unit: string): string =>
  unit === "share" ? "in percent" : unit === "" ? "as they are" : `in ${unit}`

/** What the values of some columns are in: `in percent`, `in nats`, `in percent (calibration in nats)`. */
export const unitsText = (columns: ReadonlyArray<Column>): string => {
  const [first = "share", ...more] = new Set(columns.map(({ unit }) => unit))
  if (more.length === 0) return unitText(first)
  const others = columns.filter(({ unit }) => unit !== "share")
  return `in percent (${others.map(({ name, unit }) => `${name} ${unitText(unit)}`).join(", ")})`
}

/** The columns of a board that hold shares: what is drawn on a scale of percent. */
export const ofShares = <B extends Board>(board: B): B => ({
  ...board,
  columns: board.columns.filter(({ unit }) => unit === "share"),
  reference: board.reference?.unit === "share" ? board.reference : undefined,
})

/** How far a rank has moved: `▲2` better, `▼1` worse, `=` the same. */
export const changeText = (change: number): string => (change > 0 ? `▲${change}` : change < 0 ? `▼${-change}` : "=")

/** What the aggregates of the built-in stages are called in full. */
export const fullName = (aggregate: string): string =>
  new Map([
    ["weighted", "Weighted average"],
    ["geometric", "Geometric mean"],
    ["precision", "Precision-weighted average"],
  ]).get(aggregate) ?? aggregate
