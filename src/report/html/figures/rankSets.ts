import * as Plot from "@observablehq/plot"
import { fullName } from "../../Board.ts"
import { chart, roomFor, shortened, ticksIn } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { paint } from "../palette.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"
import { rowsNote } from "./shown.ts"

/** Which ranks each model could have on each set: intervals around the rank that it has. */
export const rankSetsFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.rankSets)) return undefined
  const bySet = Map.groupBy(rowsOf(study.rankSets), ({ set }) => set)
  const order = [...study.sets, ...study.aggregates]
  const place = (set: string) => (order.includes(set) ? order.indexOf(set) : order.length)
  const sets = [...bySet].toSorted(([a], [b]) => place(a) - place(b))
  const level = study.rankSets.rows[0]?.level ?? 0.95
  let [drawn, all] = [0, 0]
  const panels = sets.map(([set, own]) => {
    const rows = own.toSorted((a, b) => a.rank - b.rank || a.low - b.low || a.high - b.high).slice(0, limits.models)
    ;[drawn, all] = [Math.max(drawn, rows.length), Math.max(all, own.length)]
    const models = rows.map(({ model }) => model)
    const titled = rows.map((row) => ({
      ...row,
      title: `${row.model} on ${set}: rank ${row.rank}, ${row.low} to ${row.high} with all models at once, ${row.marginalLow} to ${row.marginalHigh} for it alone`,
    }))
    const highest = rows.reduce((most, { high }) => Math.max(most, high), 1)
    const room = roomFor(models.map(shortened))
    const svg = chart({
      width: 300,
      height: 46 + models.length * 20,
      marginTop: 6,
      heading: study.aggregates.includes(set) ? fullName(set) : set,
      marginLeft: room,
      marginBottom: 38,
      marginRight: 16,
      label: `Ranks that each model could have on ${set}`,
      x: {
        domain: [0.5, highest + 0.5],
        label: "Rank (1 is best)",
        ticks: Math.min(highest, ticksIn(300 - room - 16, `${highest}`.length)),
        tickFormat: "d",
        grid: true,
      },
      y: { type: "band", domain: models, label: null, tickFormat: shortened, tickSize: 0 },
      marks: [
        // A rank is a place, not a point: an interval reaches over its first and its last place.
        Plot.barX(titled, {
          x1: (row) => row.marginalLow - 0.4,
          x2: (row) => row.marginalHigh + 0.4,
          y: "model",
          insetTop: 4,
          insetBottom: 4,
          fill: paint("s6"),
          fillOpacity: 0.55,
          title: "title",
        }),
        Plot.ruleY(titled, {
          x1: (row) => row.low - 0.4,
          x2: (row) => row.high + 0.4,
          y: "model",
          stroke: "currentColor",
          strokeWidth: 1.5,
          title: "title",
        }),
        Plot.dot(titled, { x: "rank", y: "model", r: 4, fill: "currentColor", title: "title" }),
      ],
    })
    return { svg }
  })
  return figure(context, {
    id: "rank-sets",
    title: "Which rank could each model have?",
    caption: `Point: the rank on the images at hand. Line: the ranks that no comparison rules out, with ${Math.round(level * 100)}% confidence for all models at once (Mogstad et al. 2024). Bar: the same for this model alone.`,
    panels,
    sources: study.rankSets.sources,
    notes: [rowsNote(drawn, all)],
  })
}
