import * as Plot from "@observablehq/plot"
import { fullName } from "../../Board.ts"
import { chart, roomFor, shortened, ticksIn } from "../Chart.ts"
import { type Context, figure } from "../figure.ts"
import type { Html } from "../Html.ts"
import { limits } from "../limits.ts"
import { paint } from "../palette.ts"
import { isFound, type Study } from "../Study.ts"

const sources = new Map([
  ["dirichlet", "Weights of sets drawn at random"],
  ["subsets", "Every subset of sets"],
  ["leave-one-out", "One set left out"],
  ["bootstrap", "Images drawn again"],
])

/** What probabilities are over, in words. */
const overWhat = (source: string): string => sources.get(source) ?? source

/** What models are ranked by, in words. */
const byWhat = (study: Study, set: string): ReadonlyArray<string> =>
  set === "" ? [] : study.sets.includes(set) ? [`on ${set}`] : [`by ${fullName(set).toLowerCase()}`]

const inWords = (study: Study, source: string, set: string): string =>
  [overWhat(source), ...byWhat(study, set)].join(", ")

const keyOf = (source: string, set: string) => JSON.stringify([source, set])

/** The choices of sets, and on what each was counted. */
const choicesOf = (study: Study) => {
  const rows = isFound(study.rankProbabilities) ? study.rankProbabilities.rows : []
  return [...Map.groupBy(rows, ({ set, source }) => keyOf(source, set)).values()].flatMap((own) => {
    const [first] = own
    return first === undefined ? [] : [{ source: first.source, set: first.set, rows: own }]
  })
}

/** How probable it is that each model is first, when sets are chosen in another way. */
export const firstFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.rankProbabilities)) return undefined
  const panels = choicesOf(study)
    .filter(({ source }) => source !== "bootstrap")
    .flatMap(({ rows, set, source }) => {
      const firsts = rows
        .filter(({ probability, rank }) => rank === 1 && probability > 0)
        .toSorted((a, b) => b.probability - a.probability)
        .slice(0, 12)
      if (firsts.length === 0) return []
      const models = firsts.map(({ model }) => model)
      const room = roomFor(models.map(shortened))
      return [
        {
          svg: chart({
            width: 300,
            height: 48 + models.length * 22,
            marginTop: 6,
            heading: overWhat(source),
            lines: byWhat(study, set),
            marginLeft: room,
            marginRight: 44,
            marginBottom: 40,
            label: `Probability of being first: ${inWords(study, source, set)}`,
            x: { domain: [0, 1], label: "Probability of being first", ticks: ticksIn(300 - room - 44, 3), grid: true },
            y: { type: "band", domain: models, label: null, tickFormat: shortened, tickSize: 0, padding: 0.25 },
            marks: [
              Plot.barX(firsts, { x: "probability", y: "model", fill: paint("s1") }),
              Plot.text(firsts, {
                x: "probability",
                y: "model",
                text: ({ probability }: { readonly probability: number }) =>
                  probability < 0.005 ? "<.01" : probability.toFixed(2),
                textAnchor: "start",
                dx: 5,
              }),
              Plot.ruleX([0]),
            ],
          }),
        },
      ]
    })
  if (panels.length === 0) return undefined
  return figure(context, {
    id: "first",
    title: "Who is first depends on the choice of sets",
    caption:
      "How often each model is first when the sets, or their weights, are chosen in another way. Models that never are have no bar.",
    panels,
    sources: study.rankProbabilities.sources,
  })
}

/** The probability of each rank of each model, a matrix for everything that ranks were counted over. */
export const rankChancesFigure = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.rankProbabilities)) return undefined
  const panels = choicesOf(study).flatMap(({ rows, set, source }) => {
    const inside = new Set(rows.map(({ model }) => model))
    const models = study.models.filter((model) => inside.has(model)).slice(0, limits.matrix)
    const chosen = new Set(models)
    const cells = rows
      .filter(({ model, rank, probability }) => chosen.has(model) && rank <= limits.matrix && probability > 0)
      .map((row) => ({ ...row, title: `${row.model}, rank ${row.rank}: ${row.probability.toFixed(3)}` }))
    const ranks = Array.from({ length: cells.reduce((most, { rank }) => Math.max(most, rank), 1) }, (_, at) => at + 1)
    if (models.length === 0) return []
    const room = roomFor(models.map(shortened))
    return [
      {
        name: inWords(study, source, set),
        svg: chart({
          width: Math.max(340, room + 12 + ranks.length * 46),
          height: 46 + models.length * 26,
          heading: overWhat(source),
          lines: byWhat(study, set),
          marginLeft: room,
          marginRight: 12,
          marginTop: 40,
          marginBottom: 6,
          label: `Probability of each rank of each model: ${inWords(study, source, set)}`,
          color: { type: "identity" },
          opacity: { type: "identity" },
          x: { type: "band", domain: ranks, label: "Rank (1 is best)", axis: "top", tickSize: 0, padding: 0.04 },
          y: { type: "band", domain: models, label: null, tickFormat: shortened, tickSize: 0, padding: 0.06 },
          marks: [
            Plot.cell(cells, {
              x: "rank",
              y: "model",
              fill: paint("s1"),
              fillOpacity: ({ probability }: { readonly probability: number }) => 0.06 + 0.54 * probability,
              title: "title",
            }),
            Plot.text(cells, {
              x: "rank",
              y: "model",
              text: ({ probability }: { readonly probability: number }) =>
                probability < 0.005 ? "<.01" : probability.toFixed(2).replace(/^0/, ""),
              fontSize: 11,
              pointerEvents: "none",
            }),
          ],
        }),
      },
    ]
  })
  if (panels.length === 0) return undefined
  return figure(context, {
    id: "rank-chances",
    title: "How probable is each rank?",
    caption:
      "The probability of each rank of each model, in the order of the reference ranking. Ranks that never came up are empty.",
    panels,
    choose: "Over",
    sources: study.rankProbabilities.sources,
  })
}
