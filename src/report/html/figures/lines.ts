import * as Plot from "@observablehq/plot"
import type { Board, Column } from "../../Board.ts"
import { apart, chart, roomFor, shortened } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { paint } from "../palette.ts"
import type { Study } from "../Study.ts"
import { type Shown, shownOf } from "./shown.ts"

interface Point {
  readonly model: string
  readonly column: string
  readonly y: number
  readonly title: string
}

interface Lines {
  readonly columns: ReadonlyArray<string>
  readonly points: (model: string) => ReadonlyArray<Point>
  readonly shown: Shown
  readonly height: number
  readonly y: {
    readonly domain: readonly [number, number]
    readonly label: string
    readonly ticks: number | ReadonlyArray<number>
  }
  readonly label: string
  /** Names on the left, too. */
  readonly bothEnds: boolean
}

const [top, bottom] = [24, 56]

/** Lines of models over sets, each with its name at the end, where there is room for it. */
const draw = ({ bothEnds, columns, height, label, points, shown, y }: Lines): Html => {
  const names = new Map(shown.models.map((model) => [model, shortened(model)]))
  const room = roomFor([...names.values()])
  const ends = shown.models.map((model) => ({ model, own: points(model) })).filter(({ own }) => own.length > 0)
  const [low, high] = y.domain
  const scale = (height - top - bottom) / (high - low)
  // Labels are moved apart in pixels and put back where they belong on the scale.
  const labels = (point: (own: ReadonlyArray<Point>) => Point | undefined) => {
    const at = ends.map(({ own }) => ((point(own)?.y ?? low) - low) * scale)
    return apart(at, 14, 0, (high - low) * scale).map((moved, index) => ({
      model: ends[index]?.model ?? "",
      from: low + (at[index] ?? 0) / scale,
      to: low + moved / scale,
    }))
  }
  const right = labels((own) => own.at(-1))
  const left = bothEnds ? labels((own) => own[0]) : []
  const [first, last] = [columns[0] ?? "", columns.at(-1) ?? ""]
  // Empty places at the ends, where lines lead to their names. Spaces cannot be taken for a set's name.
  const [before, after] = ["\u2007", "\u2008"]
  const grey = shown.rest.slice(0, limits.background).flatMap(points)
  const ordered = shown.models.flatMap(points)
  const stroke = (model: string) => shown.lookOf(model).colour
  const named = (all: typeof right, inner: string, outer: string, anchor: "start" | "end") => [
    Plot.link(all, {
      x1: () => inner,
      x2: () => outer,
      y1: "from",
      y2: "to",
      stroke: ({ model }: { readonly model: string }) => stroke(model),
      strokeOpacity: 0.6,
      ariaLabel: shown.mark,
    }),
    Plot.text(all, {
      x: () => outer,
      y: "to",
      text: ({ model }: { readonly model: string }) => names.get(model) ?? model,
      textAnchor: anchor,
      dx: anchor === "start" ? 4 : -4,
      ariaLabel: shown.mark,
    }),
  ]
  const dashed = Map.groupBy(shown.models, (model) => shown.lookOf(model).dash)
  return chart({
    width: 760,
    height,
    marginTop: top,
    marginBottom: bottom,
    marginRight: room,
    marginLeft: bothEnds ? room + 30 : 48,
    label,
    color: { type: "identity" },
    x: {
      type: "point",
      domain: [...(bothEnds ? [before] : []), ...columns, after],
      label: null,
      padding: 0,
    },
    y: { domain: y.domain, axis: null },
    marks: [
      Plot.axisY({ label: y.label, ticks: y.ticks, tickFormat: "d", tickSize: 0, dx: bothEnds ? -room : 0 }),
      ...(bothEnds ? [] : [Plot.gridY({ ticks: y.ticks })]),
      Plot.axisX(columns, {
        tickSize: 0,
        ...(columns.length > 7 || columns.some((name) => name.length > 12) ? { tickRotate: -20 } : {}),
      }),
      Plot.ruleX(columns, { stroke: paint("faint") }),
      Plot.line(grey, { x: "column", y: "y", z: "model", stroke: paint("faint"), strokeWidth: 1 }),
      ...[...dashed].map(([dash, models]) =>
        Plot.line(models.flatMap(points), {
          x: "column",
          y: "y",
          z: "model",
          stroke: ({ model }: Point) => stroke(model),
          strokeWidth: 2,
          ...(dash === "none" ? {} : { strokeDasharray: dash }),
          ariaLabel: shown.mark,
        }),
      ),
      Plot.dot(ordered, {
        x: "column",
        y: "y",
        r: 4,
        fill: ({ model }: Point) => stroke(model),
        symbol: ({ model }: Point) => shown.lookOf(model).symbol,
        title: "title",
        ariaLabel: shown.mark,
      }),
      ...named(right, last, after, "start"),
      ...(bothEnds ? named(left, first, before, "end") : []),
    ],
  })
}

const percentPoints =
  (columns: ReadonlyArray<Column>) =>
  (model: string): ReadonlyArray<Point> =>
    columns.flatMap(({ entries, name }) => {
      const entry = entries.get(model)
      if (entry === undefined) return []
      const y = entry.value * 100
      return [{ model, column: name, y, title: `${model}, ${name}: ${y.toFixed(1)}%` }]
    })

/** Tied models have one rank; side by side both can be seen. */
const rankPoints = (columns: ReadonlyArray<Column>) => {
  const offsets = columns.map(({ entries, tied }) => {
    const at = new Map<string, number>()
    for (const [rank, members] of Map.groupBy([...entries.values()], ({ rank }) => rank)) {
      members.forEach(({ model }, place) => {
        at.set(model, tied.has(rank) ? (place - (members.length - 1) / 2) * 0.3 : 0)
      })
    }
    return at
  })
  return (model: string): ReadonlyArray<Point> =>
    columns.flatMap(({ entries, name, tied }, index) => {
      const entry = entries.get(model)
      if (entry === undefined) return []
      const also = tied.has(entry.rank) ? " (tied)" : ""
      const y = entry.rank + (offsets[index]?.get(model) ?? 0)
      return [{ model, column: name, y, title: `${model}, ${name}: rank ${entry.rank}${also}` }]
    })
}

/** Whole ranks, the first and the last among them. */
const rankTicks = (ranks: number): ReadonlyArray<number> => {
  const step = Math.max(1, Math.ceil(ranks / 20))
  const between = Array.from({ length: ranks }, (_, at) => at + 1).filter((rank) => rank % step === 0)
  return [...new Set([1, ...between])]
}

/** Figure 1: the accuracy of each model on each set, and below it how ranks change. */
export const figure1 = (context: Context, study: Study, board: Board, sources: ReadonlyArray<number>): Html => {
  const shown = shownOf(study)
  const sets = board.columns.filter(({ kind }) => kind === "set")
  const values = sets.flatMap(({ entries }) => [...entries.values()].map(({ value }) => value * 100))
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const spare = Math.max(1, (most - least) * 0.04)
  const accuracies = draw({
    columns: sets.map(({ name }) => name),
    points: percentPoints(sets),
    shown,
    height: 400,
    y: { domain: [Math.max(0, least - spare), Math.min(100, most + spare)], label: "Accuracy (%)", ticks: 10 },
    label: `Accuracy of ${board.models.length} models on ${sets.length} sets, a line a model`,
    bothEnds: false,
  })
  const ranks = board.models.length
  const places = draw({
    columns: board.columns.map(({ name }) => name),
    points: rankPoints(board.columns),
    shown,
    height: Math.max(220, Math.min(900, top + bottom + Math.min(ranks, 60) * 24)),
    // From the last rank at the bottom up to the first.
    y: { domain: [ranks + 0.5, 0.5], label: "Rank (1 is best)", ticks: rankTicks(ranks) },
    label: `Ranks of ${ranks} models on each set and by each aggregate, a line a model`,
    bothEnds: true,
  })
  return figure(context, {
    id: "figure-1",
    title: "Figure 1. Accuracy on each set, and the changes of ranks",
    caption: `Top: accuracy in percent, a line a model. Bottom: the rank of each model on each set and by each aggregate; tied models are drawn side by side.`,
    panels: [{ svg: accuracies }, { svg: places }],
    sources,
    notes: [shown.note],
  })
}
