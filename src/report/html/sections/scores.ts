import { type Board, changeText, type Column, fullName, most, unitsText, valueText } from "../../Board.ts"
import { count, percent } from "../../format.ts"
import type { Context } from "../figure.ts"
import { html, type Html } from "../Html.ts"
import { isFound, rowsOf, type SetFacts, type Study } from "../Study.ts"
import { type Cell, number, table, text } from "../table.ts"

const perClass = ({ count: classes, least, most }: NonNullable<SetFacts["classes"]>): Cell => ({
  shown: least === most ? count(least) : `${count(least)}–${count(most)}`,
  value: classes === 0 ? Number.NaN : least,
})

/** Table I: what the sets are made of. */
export const table1 = (context: Context, study: Study, board: Board, sources: ReadonlyArray<number>): Html => {
  const facts: ReadonlyArray<SetFacts> = isFound(study.facts)
    ? study.facts.rows
    : board.columns
        .filter(({ kind }) => kind === "set")
        .map((column) => ({
          set: column.name,
          images: most(column, "images"),
          skipped: most(column, "skipped"),
          unlabelled: undefined,
          classes: undefined,
          multi: undefined,
        }))
  const any = (of: (one: SetFacts) => unknown) => facts.some((one) => of(one) !== undefined)
  const none: Cell = { shown: "–", value: "" }
  const optional = (value: number | undefined): Cell => (value === undefined ? none : number(value))
  return table(context, {
    id: "table-1",
    title: "Table I. The sets",
    caption: html`Images that count: those with a label and a
    prediction.${any(({ multi }) => multi) ? " Where an image has several labels, each of them is right." : ""}`,
    head: [
      { name: "set", numeric: false },
      { name: "images", numeric: true },
      { name: "skipped", numeric: true },
      ...(any(({ unlabelled }) => unlabelled) ? [{ name: "without a label", numeric: true }] : []),
      ...(any(({ classes }) => classes)
        ? [
            { name: "classes", numeric: true },
            { name: "images a class", numeric: true },
            { name: "several labels", numeric: true },
          ]
        : []),
    ],
    rows: facts.map((one) => [
      one.set === board.reference?.name
        ? { shown: html`${one.set} <small>(reference)</small>`, value: one.set }
        : text(one.set),
      number(one.images),
      number(one.skipped),
      ...(any(({ unlabelled }) => unlabelled) ? [optional(one.unlabelled)] : []),
      ...(any(({ classes }) => classes)
        ? [optional(one.classes?.count), one.classes === undefined ? none : perClass(one.classes), optional(one.multi)]
        : []),
    ]),
    sources: isFound(study.facts) ? study.facts.sources : sources,
  })
}

const intervalsOf = (study: Study) => {
  const byMethod = Map.groupBy(rowsOf(study.intervals), ({ method }) => method)
  const [method] = byMethod.has("wilson") ? ["wilson"] : byMethod.keys()
  const rows = method === undefined ? [] : (byMethod.get(method) ?? [])
  const at = new Map(rows.map((row) => [JSON.stringify([row.model, row.set]), row]))
  return { method, level: rows[0]?.level, of: (model: string, set: string) => at.get(JSON.stringify([model, set])) }
}

const range = (low: number, high: number): Html => html`<small>${percent(low)}–${percent(high)}</small>`

/** Table II: accuracies on every set, the best of each set in bold. */
export const table2 = (context: Context, study: Study, board: Board, sources: ReadonlyArray<number>): Html => {
  const sets = board.columns.filter(({ kind }) => kind === "set")
  const { level, method, of } = intervalsOf(study)
  const cell = (column: Column, model: string): Cell => {
    const entry = column.entries.get(model)
    if (entry === undefined) return { shown: "–", value: "" }
    const interval = of(model, column.name)
    return {
      shown:
        interval === undefined ? valueText(entry) : html`${valueText(entry)} ${range(interval.low, interval.high)}`,
      value: entry.value,
      interval: interval === undefined ? undefined : [interval.low, interval.high],
      look: entry.rank === 1 ? "best" : undefined,
    }
  }
  const names = new Map([
    ["wilson", "Wilson's"],
    ["bootstrap", "bootstrap"],
  ])
  return table(context, {
    id: "table-2",
    title: `Table II. ${sets.every(({ unit }) => unit === "share") ? "Accuracy" : "Scores"}`,
    caption: `Values are ${unitsText(sets)}, the best of each set in bold.${method === undefined ? "" : ` Small: ${names.get(method) ?? method} ${Math.round((level ?? 0) * 100)}% intervals, each by itself.`}`,
    head: [{ name: "model", numeric: false }, ...sets.map(({ name }) => ({ name, numeric: true }))],
    rows: board.models.map((model) => [text(model), ...sets.map((column) => cell(column, model))]),
    sources: [...sources, ...(isFound(study.intervals) ? study.intervals.sources : [])],
  })
}

const rankCell = (column: Column, model: string, reference: Column | undefined): Cell => {
  const entry = column.entries.get(model)
  if (entry === undefined) return { shown: "–", value: "" }
  const tie = column.tied.has(entry.rank) && html`<abbr title="tied">*</abbr>`
  if (column === reference) return { shown: html`${entry.rank}${tie}`, value: entry.rank }
  return {
    shown: html`${entry.rank}${tie} <span class="change">${changeText(entry.change)}</span>`,
    value: entry.rank,
    look: entry.change > 0 ? "better" : entry.change < 0 ? "worse" : "same",
  }
}

const legendOf = (board: Board): string => {
  const tied = board.columns.some(({ tied }) => tied.size > 0)
    ? " * tied: equal scores share the best of their ranks."
    : ""
  const against =
    board.reference === undefined
      ? ""
      : ` against ${board.reference.name}: ▲ and blue better, ▼ and orange worse, = the same.`
  return `${against}${tied}`
}

/** Table III: ranks on every set, with their changes against the reference. */
export const table3 = (context: Context, board: Board, sources: ReadonlyArray<number>): Html => {
  const sets = board.columns.filter(({ kind }) => kind === "set")
  return table(context, {
    id: "table-3",
    title: "Table III. Ranks",
    caption: `Ranks by accuracy, with changes${legendOf(board)}`,
    head: [{ name: "model", numeric: false }, ...sets.map(({ name }) => ({ name, numeric: true }))],
    rows: board.models.map((model) => [text(model), ...sets.map((column) => rankCell(column, model, board.reference))]),
    sources,
  })
}

/** Table IV: aggregates over the sets, with their ranks. */
export const table4 = (
  context: Context,
  study: Study,
  board: Board,
  sources: ReadonlyArray<number>,
): Html | undefined => {
  const aggregates = board.columns.filter(({ kind }) => kind === "aggregate")
  if (aggregates.length === 0) return undefined
  const intervals = new Map(
    rowsOf(study.aggregateIntervals).map((row) => [JSON.stringify([row.model, row.aggregate]), row]),
  )
  const level = rowsOf(study.aggregateIntervals)[0]?.level
  return table(context, {
    id: "table-4",
    title: "Table IV. Aggregates",
    caption: `Over all sets but ${board.reference?.name ?? "the reference"}, ${unitsText(aggregates)}, and ranks with changes${legendOf(board)}${level === undefined ? "" : ` Small: ${Math.round(level * 100)}% intervals, images drawn again within sets.`}`,
    head: [
      { name: "model", numeric: false },
      ...aggregates.flatMap(({ name }) => [
        { name, numeric: true, shown: fullName(name) },
        { name: `${name} rank`, numeric: true, shown: "Rank" },
      ]),
    ],
    rows: board.models.map((model) => [
      text(model),
      ...aggregates.flatMap((column): ReadonlyArray<Cell> => {
        const entry = column.entries.get(model)
        const interval = intervals.get(JSON.stringify([model, column.name]))
        const value: Cell = {
          shown:
            interval === undefined ? valueText(entry) : html`${valueText(entry)} ${range(interval.low, interval.high)}`,
          value: entry?.value ?? "",
          interval: interval === undefined ? undefined : [interval.low, interval.high],
          look: entry?.rank === 1 ? "best" : undefined,
        }
        return [value, rankCell(column, model, board.reference)]
      }),
    ]),
    sources: [...sources, ...(isFound(study.aggregateIntervals) ? study.aggregateIntervals.sources : [])],
  })
}
