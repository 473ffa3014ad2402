import * as Plot from "@observablehq/plot"
import type { Board } from "../../Board.ts"
import { chart } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { paint } from "../palette.ts"
import { minus } from "../pairs.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"
import { keysOf, shownOf } from "./shown.ts"

const three = (value: number) => minus(value.toFixed(3).replace(/^(-?)0\./, "$1."))

/** Figure 3: each set against the reference, with the regression line, its band and the correlation. */
export const figure3 = (
  context: Context,
  study: Study,
  board: Board,
  sources: ReadonlyArray<number>,
): Html | undefined => {
  const { reference } = board
  if (reference === undefined) return undefined
  const shown = shownOf(study)
  const named = new Set(shown.models)
  const bands = Map.groupBy(rowsOf(study.regressions), ({ set }) => set)
  const pearson = rowsOf(study.agreement).filter(({ measure }) => measure === "pearson")
  const panels = board.columns
    .filter(({ kind, name }) => kind === "set" && name !== reference.name)
    .map(({ entries, name }) => {
      const points = [...entries.values()].flatMap(({ model, value }) => {
        const x = reference.entries.get(model)?.value
        if (x === undefined) return []
        const title = `${model}: ${(x * 100).toFixed(1)}% on ${reference.name}, ${(value * 100).toFixed(1)}% on ${name}`
        return [{ model, x: x * 100, y: value * 100, title }]
      })
      const band = (bands.get(name) ?? [])
        .map(({ fit, high, low, x }) => ({ x: x * 100, fit: fit * 100, low: low * 100, high: high * 100 }))
        .toSorted((a, b) => a.x - b.x)
      const found = pearson.find(
        ({ a, b }) => (a === name && b === reference.name) || (a === reference.name && b === name),
      )
      const r =
        found === undefined
          ? ""
          : `r = ${three(found.value)} [${three(found.low)}, ${three(found.high)}], n = ${found.n}`
      const svg = chart({
        width: 300,
        height: 260,
        heading: name,
        lines: r === "" ? [] : [r],
        marginLeft: 44,
        inset: 8,
        label: `Accuracy on ${name} against that on ${reference.name}${r === "" ? "" : `, ${r}`}`,
        color: { type: "identity" },
        x: { label: `Accuracy on ${reference.name} (%)`, nice: true, ticks: 5 },
        y: { label: `Accuracy on ${name} (%)`, nice: true, ticks: 5, grid: true },
        marks: [
          Plot.areaY(band, { x: "x", y1: "low", y2: "high", fill: paint("quiet"), fillOpacity: 0.2 }),
          Plot.line(band, { x: "x", y: "fit", stroke: paint("quiet"), strokeWidth: 1.5 }),
          Plot.dot(
            points.filter(({ model }) => !named.has(model)),
            { x: "x", y: "y", r: 2, fill: paint("quiet"), fillOpacity: 0.5, title: "title" },
          ),
          Plot.dot(
            points.filter(({ model }) => named.has(model)),
            {
              x: "x",
              y: "y",
              r: 4.5,
              fill: ({ model }: { readonly model: string }) => shown.lookOf(model).colour,
              symbol: ({ model }: { readonly model: string }) => shown.lookOf(model).symbol,
              title: "title",
              ariaLabel: shown.mark,
            },
          ),
        ],
      })
      return { svg }
    })
  if (panels.length === 0) return undefined
  const lines = bands.size > 0
  return figure(context, {
    id: "figure-3",
    title: `Figure 3. Does accuracy on ${reference.name} tell accuracy elsewhere?`,
    caption: `Each set against ${reference.name}, a point a model.${lines ? " Grey: the regression line with its 95% confidence band." : ""}${pearson.length > 0 ? " r: Pearson's correlation with Fisher's 95% interval." : ""}`,
    keys: keysOf(shown),
    panels,
    sources: [
      ...sources,
      ...(isFound(study.regressions) ? study.regressions.sources : []),
      ...(isFound(study.agreement) ? study.agreement.sources : []),
    ],
    notes: [isFound(study.regressions) ? undefined : `No regression lines. ${study.regressions.missing}`, shown.note],
  })
}
