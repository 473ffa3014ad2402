import * as Plot from "@observablehq/plot"
import { apart, chart, roomFor, shortened } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { paint } from "../palette.ts"
import { isFound, type Study } from "../Study.ts"
import { shownOf } from "./shown.ts"

/** The loss of each model's probe while it was trained. */
export const curvesFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.curves)) return undefined
  const shown = shownOf(study)
  const byProtocol = Map.groupBy(study.curves.rows, ({ protocol }) => protocol)
  const panels = [...byProtocol].map(([protocol, curves]) => {
    const points = curves.flatMap(({ losses, model }) => losses.map((loss, at) => ({ model, epoch: at + 1, loss })))
    const known = new Set(shown.models)
    const colour = (model: string) => (known.has(model) ? shown.lookOf(model).colour : paint("quiet"))
    const epochs = points.reduce((most, { epoch }) => Math.max(most, epoch), 1)
    const most = points.reduce((largest, { loss }) => Math.max(largest, loss), 0)
    const [height, top, bottom] = [320, 24, 42]
    const ends = curves
      .filter(({ model }) => known.has(model))
      .map(({ losses, model }) => ({ model, loss: losses.at(-1) ?? 0 }))
    const scale = (height - top - bottom) / Math.max(most, 1e-9)
    const places = apart(
      ends.map(({ loss }) => loss * scale),
      14,
      0,
      height - top - bottom,
    )
    const labels = ends.map((end, at) => ({ ...end, from: end.loss, to: (places[at] ?? 0) / scale }))
    // Room to the right of the last epoch for the lines that lead to the names.
    const edge = epochs + Math.max(0.5, epochs * 0.05)
    return {
      svg: chart({
        width: 760,
        height,
        heading: protocol,
        marginTop: top,
        marginBottom: bottom,
        marginLeft: 48,
        marginRight: roomFor(ends.map(({ model }) => shortened(model))),
        label: `Training loss of ${curves.length} probes over ${epochs} epochs (${protocol})`,
        color: { type: "identity" },
        x: { domain: [1, edge], label: "Epoch", ticks: Math.min(10, epochs), tickFormat: "d" },
        y: { domain: [0, most * 1.02], label: "Training loss (nats an image)", grid: true },
        marks: [
          Plot.line(points, {
            x: "epoch",
            y: "loss",
            z: "model",
            stroke: ({ model }: { readonly model: string }) => colour(model),
            strokeWidth: 1.8,
            ariaLabel: shown.mark,
          }),
          Plot.link(labels, {
            x1: epochs,
            x2: edge,
            y1: "from",
            y2: "to",
            stroke: ({ model }: { readonly model: string }) => colour(model),
            strokeOpacity: 0.6,
          }),
          Plot.text(labels, {
            x: edge,
            y: "to",
            text: ({ model }: { readonly model: string }) => shortened(model),
            textAnchor: "start",
            dx: 4,
            ariaLabel: shown.mark,
          }),
        ],
      }),
    }
  })
  return figure(context, {
    id: "curves",
    title: "How the probes were trained",
    caption:
      "Mean training loss (cross entropy, in nats) of each probe by epoch. A curve that is still falling at its end says that the probe was stopped early.",
    panels,
    sources: study.curves.sources,
    notes: [
      study.curves.total > study.curves.rows.length
        ? `${study.curves.rows.length} of ${study.curves.total} probes.`
        : undefined,
      shown.note,
    ],
  })
}
