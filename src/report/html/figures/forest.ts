import * as Plot from "@observablehq/plot"
import { chart, roomFor, shortened } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { paint } from "../palette.ts"
import { minus, oriented } from "../pairs.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"

interface Row {
  readonly name: string
  readonly value: number
  readonly low: number
  readonly high: number
  readonly title: string
}

/** What is compared, in one line where it fits. */
const titled = (a: string, b: string) =>
  a.length + b.length <= 30 ? { heading: `${a} less ${b}` } : { heading: a, lines: [`less ${b}`] }

const methods = new Map([
  ["fixed", "fixed effect"],
  ["random", "random effects"],
])

/** Differences of neighbours in the ranking: set by set, and combined over sets. */
export const forestFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.effects)) return undefined
  const pairs = study.models.slice(0, limits.forests + 1).flatMap((a, at, models) => {
    const b = models[at + 1]
    return b === undefined ? [] : [{ a, b }]
  })
  const rowOf = (
    name: string,
    { difference, high, low }: Readonly<Record<"difference" | "low" | "high", number>>,
  ): Row => {
    const points = (share: number) => minus((share * 100).toFixed(2))
    const title = `${name}: ${points(difference)} points [${points(low)}, ${points(high)}]`
    return { name, value: difference * 100, low: low * 100, high: high * 100, title }
  }
  const keyOf = ({ a, b }: { readonly a: string; readonly b: string }) => JSON.stringify([a, b])
  const combinedOf = Map.groupBy(
    oriented(
      study.effects.rows.map((row) => ({ ...row, difference: row.estimate, onlyA: 0, onlyB: 0 })),
      study.models,
    ),
    keyOf,
  )
  const singleOf = Map.groupBy(oriented(rowsOf(study.pairs), study.models), keyOf)
  const panels = pairs.flatMap(({ a, b }) => {
    const combined = (combinedOf.get(keyOf({ a, b })) ?? []).map((row) => ({
      ...rowOf(methods.get(row.method) ?? row.method, row),
      i2: row.i2,
    }))
    if (combined.length === 0) return []
    const single = (singleOf.get(keyOf({ a, b })) ?? [])
      .map((row) => rowOf(row.set, row))
      .toSorted((x, y) => study.sets.indexOf(x.name) - study.sets.indexOf(y.name))
    const rows = [...single, ...combined].map(({ name }) => name)
    const i2 = combined.find((row) => Number.isFinite(row.i2))?.i2
    return [
      {
        svg: chart({
          width: 300,
          height: 48 + rows.length * 20,
          marginTop: 6,
          ...titled(shortened(a), shortened(b)),
          marginLeft: roomFor(rows.map(shortened)),
          marginBottom: 40,
          marginRight: 14,
          label: `Difference of ${a} and ${b} on each set and combined over sets`,
          x: {
            label: `Difference (percentage points)${i2 === undefined ? "" : `, I² = ${Math.round(i2 * 100)}%`}`,
            nice: true,
            ticks: 4,
            grid: true,
          },
          y: { type: "band", domain: rows, label: null, tickFormat: shortened, tickSize: 0 },
          marks: [
            Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
            Plot.ruleY(single, {
              x1: "low",
              x2: "high",
              y: "name",
              stroke: paint("s1"),
              strokeWidth: 1.5,
              title: "title",
            }),
            Plot.dot(single, { x: "value", y: "name", r: 3.5, symbol: "square", fill: paint("s1"), title: "title" }),
            Plot.ruleY(combined, {
              x1: "low",
              x2: "high",
              y: "name",
              stroke: paint("s2"),
              strokeWidth: 2,
              title: "title",
            }),
            Plot.dot(combined, { x: "value", y: "name", r: 5, symbol: "diamond", fill: paint("s2"), title: "title" }),
          ],
        }),
      },
    ]
  })
  if (panels.length === 0) return undefined
  const sets = study.effects.rows[0]?.sets ?? 0
  const combinedOver =
    sets === study.sets.length - 1
      ? `the ${sets} sets other than ${study.reference ?? "the reference"}`
      : `${sets} sets`
  return figure(context, {
    id: "forest",
    title: "Neighbours in the ranking, over all sets",
    caption: `The difference of every model and the one that follows it, with 95% intervals: on each set, and combined over ${combinedOver} by a fixed effect and by random effects (DerSimonian and Laird). An interval that holds 0 does not tell the two apart. I²: how much of the spread between sets is more than chance.`,
    keys: [
      { name: "one set", look: { colour: paint("s1"), symbol: "square" } },
      { name: "combined", look: { colour: paint("s2"), symbol: "diamond" } },
    ],
    panels,
    sources: [...study.effects.sources, ...(isFound(study.pairs) ? study.pairs.sources : [])],
    notes: [
      panels.length < study.models.length - 1
        ? `The first ${panels.length} of ${study.models.length - 1} pairs of neighbours.`
        : undefined,
    ],
  })
}
