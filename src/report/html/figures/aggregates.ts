import * as Plot from "@observablehq/plot"
import { type Board, fullName } from "../../Board.ts"
import { chart, roomFor, shortened } from "../Chart.ts"
import { type Context, figure, type Key } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { lookOf, paint } from "../palette.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"
import { rowsNote } from "./shown.ts"

/** Figure 4: the aggregates of each model over the sets, with the single sets behind them. */
export const figure4 = (
  context: Context,
  study: Study,
  board: Board,
  sources: ReadonlyArray<number>,
): Html | undefined => {
  const aggregates = board.columns.filter(({ kind }) => kind === "aggregate")
  const sets = board.columns.filter(({ kind, name }) => kind === "set" && name !== board.reference?.name)
  if (aggregates.length === 0) return undefined
  const models = board.models.slice(0, limits.models)
  const inside = new Set(models)
  const points = (columns: typeof sets) =>
    columns.flatMap(({ entries, name }) =>
      [...entries.values()]
        .filter(({ model }) => inside.has(model))
        .map(({ model, value }) => ({
          model,
          name,
          x: value * 100,
          title: `${model}, ${name}: ${(value * 100).toFixed(1)}%`,
        })),
    )
  const looks = new Map(
    aggregates.map(({ name }, at) => [
      name,
      { ...lookOf(at), symbol: at === 0 ? ("circle" as const) : lookOf(at + 2).symbol },
    ]),
  )
  const look = (name: string) => looks.get(name) ?? lookOf(0)
  const intervals = rowsOf(study.aggregateIntervals).filter(
    ({ aggregate, model }) => inside.has(model) && looks.has(aggregate),
  )
  const offset = (name: string) =>
    (aggregates.findIndex((column) => column.name === name) - (aggregates.length - 1) / 2) * 8
  const keys: ReadonlyArray<Key> = [
    ...aggregates.map(({ name }) => ({ name: fullName(name), look: look(name) })),
    {
      name: `a single set (${sets.map(({ name }) => name).join(", ")})`,
      look: { colour: paint("quiet"), symbol: "circle", hollow: true },
    },
  ]
  const svg = chart({
    width: 760,
    height: 52 + models.length * 26,
    marginTop: 6,
    marginLeft: roomFor(models.map(shortened)),
    marginRight: 20,
    marginBottom: 40,
    label: `Aggregates of ${models.length} models with their scores on single sets`,
    color: { type: "identity" },
    x: { label: "Accuracy (%)", grid: true, nice: true },
    y: { type: "band", domain: models, label: null, tickFormat: shortened, tickSize: 0 },
    marks: [
      Plot.dot(points(sets), { x: "x", y: "model", r: 3.5, stroke: paint("quiet"), title: "title" }),
      ...aggregates.flatMap((column) => [
        Plot.ruleY(
          intervals.filter(({ aggregate }) => aggregate === column.name),
          {
            x1: ({ low }: { readonly low: number }) => low * 100,
            x2: ({ high }: { readonly high: number }) => high * 100,
            y: "model",
            dy: offset(column.name),
            stroke: look(column.name).colour,
            strokeWidth: 2,
          },
        ),
        Plot.dot(points([column]), {
          x: "x",
          y: "model",
          dy: offset(column.name),
          r: 4.5,
          fill: look(column.name).colour,
          symbol: look(column.name).symbol,
          title: "title",
        }),
      ]),
    ],
  })
  const level = intervals[0]?.level
  return figure(context, {
    id: "figure-4",
    title: "Figure 4. Aggregates over the sets",
    caption: `Aggregates of each model over all sets but ${board.reference?.name ?? "the reference"}, models in the order of the reference ranking; hollow points are single sets.${level === undefined ? "" : ` Lines: ${Math.round(level * 100)}% intervals, images drawn again within sets.`}`,
    keys,
    panels: [{ svg }],
    sources: [...sources, ...(isFound(study.aggregateIntervals) ? study.aggregateIntervals.sources : [])],
    notes: [
      rowsNote(models.length, board.models.length),
      isFound(study.aggregateIntervals) ? undefined : `No intervals. ${study.aggregateIntervals.missing}`,
    ],
  })
}
