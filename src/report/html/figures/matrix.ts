import * as Plot from "@observablehq/plot"
import { chart, roomFor, shortened } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { paint } from "../palette.ts"
import { minus, oriented } from "../pairs.ts"
import { isFound, type Study } from "../Study.ts"
import { rowsNote } from "./shown.ts"

const p = (value: number) =>
  !Number.isFinite(value) ? "–" : value < 0.001 ? "<.001" : value.toFixed(3).replace(/^0/, "")

const alpha = 0.05

/** Differences of every two models on a set: above the diagonal how large, below it how sure. */
export const matrixFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.pairs)) return undefined
  const bySet = Map.groupBy(oriented(study.pairs.rows, study.models), ({ set }) => set)
  const models = study.models.slice(0, limits.matrix)
  const inside = new Set(models)
  const sets = study.sets.filter((set) => bySet.has(set))
  const panels = sets.map((set) => {
    const cells = (bySet.get(set) ?? [])
      .filter(({ a, b }) => inside.has(a) && inside.has(b))
      .map((pair) => {
        const points = (share: number) => minus((share * 100).toFixed(2))
        const title = `${pair.a} less ${pair.b} on ${set}: ${points(pair.difference)} points [${points(pair.low)}, ${points(pair.high)}], p = ${p(pair.holm)} after Holm`
        return {
          row: pair.a,
          column: pair.b,
          difference: pair.difference * 100,
          sure: pair.holm < alpha,
          title,
          p: pair.holm,
        }
      })
    const largest = cells.reduce((most, { difference }) => Math.max(most, Math.abs(difference)), 0.1)
    const side = 46
    const room = roomFor(models.map(shortened))
    // Names above the columns lean to the right.
    const slant = room * 0.66 + 8
    const svg = chart({
      width: room + 8 + models.length * side,
      height: 14 + slant + models.length * 26,
      heading: set,
      marginLeft: room,
      marginBottom: 8,
      marginTop: slant,
      marginRight: 8,
      label: `Paired differences of ${models.length} models on ${set}, in percentage points, with their p-values`,
      x: {
        type: "band",
        domain: models,
        label: null,
        axis: "top",
        tickFormat: shortened,
        tickRotate: -40,
        tickSize: 0,
        padding: 0.04,
      },
      y: { type: "band", domain: models, label: null, tickFormat: shortened, tickSize: 0, padding: 0.06 },
      marks: [
        Plot.cell(cells, {
          x: "column",
          y: "row",
          fill: ({ difference }: { readonly difference: number }) => paint(difference >= 0 ? "better" : "worse"),
          fillOpacity: ({ difference, sure }: { readonly difference: number; readonly sure: boolean }) =>
            sure ? 0.12 + (0.45 * Math.abs(difference)) / largest : 0,
          stroke: paint("faint"),
          title: "title",
        }),
        Plot.text(cells, {
          x: "column",
          y: "row",
          text: ({ difference, sure }: { readonly difference: number; readonly sure: boolean }) =>
            `${difference > 0 ? "+" : difference < 0 ? "−" : ""}${Math.abs(difference).toFixed(1)}${sure ? "*" : ""}`,
          fontSize: 11,
          pointerEvents: "none",
        }),
        Plot.text(cells, {
          x: "row",
          y: "column",
          text: ({ p: value }: { readonly p: number }) => p(value),
          fontSize: 10.5,
          fillOpacity: 0.75,
          title: "title",
        }),
      ],
      color: { type: "identity" },
      opacity: { type: "identity" },
    })
    return { svg, name: set }
  })
  if (panels.length === 0) return undefined
  return figure(context, {
    id: "differences",
    title: "Every two models compared",
    caption: `Above the diagonal: the accuracy of the model at the left less that of the model above, in percentage points; * and colour where p < .05 (blue: the left one is better, orange: worse). Below the diagonal: the p-value, adjusted after Holm over all pairs of the set.`,
    panels,
    choose: "Set",
    sources: study.pairs.sources,
    notes: [rowsNote(models.length, study.models.length)],
  })
}
