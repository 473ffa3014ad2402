import { createHash } from "node:crypto"
import { ofShares } from "../Board.ts"
import { counted } from "../format.ts"
import { due, inWords, sign, tally } from "../state.ts"
import { plain } from "../style.ts"
import type { Context } from "./figure.ts"
import { firstFigure, rankChancesFigure } from "./figures/chances.ts"
import { figure4 } from "./figures/aggregates.ts"
import { curvesFigure } from "./figures/curves.ts"
import { sweepTable } from "./sections/sweeps.ts"
import { forestFigure } from "./figures/forest.ts"
import { figure1 } from "./figures/lines.ts"
import { matrixFigure } from "./figures/matrix.ts"
import { rankSetsFigure } from "./figures/rankSets.ts"
import { figure3 } from "./figures/scatter.ts"
import { html, type Html, raw, script } from "./Html.ts"
import { limits } from "./limits.ts"
import { encodersTable } from "./sections/encoders.ts"
import { gallery } from "./sections/gallery.ts"
import { graph } from "./sections/graph.ts"
import { perClass } from "./sections/perClass.ts"
import { provenance } from "./sections/provenance.ts"
import { table1, table2, table3, table4 } from "./sections/scores.ts"
import { ifFound, missing, section, type Section } from "./sections/Section.ts"
import { skippedTable } from "./sections/skipped.ts"
import { agreementTable, noiseTable, pairsTable } from "./sections/statistics.ts"
import { summary } from "./sections/summary.ts"
import { style } from "./style.ts"
import { isFound, type Report, type Study } from "./Study.ts"

/** What is drawn elsewhere and put into the page as it is. */
export interface Extras {
  readonly script: string
  /** The pipeline as a picture, SVG. */
  readonly graph: string
}

const scores = (context: Context, study: Study): Html => {
  const { board } = study
  if ("missing" in board) return missing("Tables I to IV, Figures 1, 3 and 4", board.missing)
  const { sources } = board
  const drawn = ofShares(board)
  return html`${table1(context, study, board, sources)}${table2(context, study, board, sources)}${table3(context, board, sources)}${table4(context, study, board, sources)}
  ${drawn.columns.length > 0 && html`${figure1(context, study, drawn, sources)}${figure3(context, study, drawn, sources)}${figure4(context, study, drawn, sources)}`}`
}

const statistics = (context: Context, study: Study): Html =>
  html` ${ifFound("Rank sets", study.rankSets, () => rankSetsFigure(context, study))}
  ${ifFound("Paired differences", study.pairs, () => html`${matrixFigure(context, study)}${pairsTable(context, study)}`)}
  ${ifFound("Noise at each set's size", study.noise, () => noiseTable(context, study))}`

const overSets = (context: Context, study: Study): Html =>
  html` ${ifFound("Forest plots", study.effects, () => forestFigure(context, study))}
  ${ifFound("Probability of being first", study.rankProbabilities, () => html`${firstFigure(context, study)}${rankChancesFigure(context, study)}`)}
  ${ifFound("Agreement of the sets", study.agreement, () => agreementTable(context, study))}`

const inside = (context: Context, study: Study): Html =>
  html` ${ifFound("Gains and losses by class", study.perClass, () => perClass(context, study))}
  ${ifFound("Gallery", study.gallery, () => gallery(context, study))}`

const sections = (context: Context, study: Study): ReadonlyArray<Section> => [
  { id: "summary", title: "What can be said", body: summary(context, study) },
  { id: "scores", title: "Scores and ranks", body: scores(context, study) },
  { id: "differences-real", title: "Which differences are real?", body: statistics(context, study) },
  { id: "sets-matter", title: "Does the choice of sets matter?", body: overSets(context, study) },
  { id: "inside", title: "Where the models differ", body: inside(context, study) },
  {
    id: "probes",
    title: "Training of the probes",
    body: html`${ifFound("Loss curves", study.curves, () => html`${curvesFigure(context, study)}${sweepTable(context, study)}`)}`,
  },
]

const freshness = ({ plan, sources }: Report): Html | undefined => {
  const open = due(plan)
  if (open.length === 0) return undefined
  const counts = tally(plan.nodes)
  const old = sources.filter(({ fresh }) => !fresh).length
  const shown = open.filter(({ state }) => state._tag !== "waiting").slice(0, 5)
  return html`<div class="notice" role="note">
    <p>
      <strong>Not everything is up to date:</strong> ${counts.stale} stale, ${counts.waiting} waiting and
      ${counts.failed} failed of
      ${counted(plan.nodes.length, "node")}.${old > 0 && ` What is marked ● is from an earlier run.`} To bring it up to
      date: <code>pipeline run</code>, then <code>pipeline report</code>.
    </p>
    ${
      shown.length > 0 &&
      html`<ul>
        ${shown.map(({ name, state }) => html`<li>${sign(plain, state._tag)} ${name}: ${inWords(state)}</li>`)}${open.length > shown.length && html`<li>${open.length - shown.length} more: <code>pipeline status</code></li>`}
      </ul>`
    }
  </div>`
}

interface Block {
  readonly context: Context
  readonly title: string | undefined
  readonly sections: ReadonlyArray<Section>
}

const link = ({ prefix }: Context, { id, title }: Section): Html =>
  html`<li><a href="#${prefix}${id}">${title}</a></li>`

const contents = (blocks: ReadonlyArray<Block>): Html =>
  html`<nav aria-label="Contents">
    <details open>
      <summary>Contents</summary>
      <ol>
        ${blocks.map(({ context, sections, title }) =>
          title === undefined
            ? sections.map((one) => link(context, one))
            : html`<li>
                ${title}
                <ol>
                  ${sections.map((one) => link(context, one))}
                </ol>
              </li>`,
        )}
      </ol>
    </details>
  </nav>`

/** The page as one text: style, pictures and script are in it, and nothing is asked of the network. */
export const page = (report: Report, extras: Extras): string => {
  const several = report.studies.length > 1
  const studies: ReadonlyArray<Block> = report.studies.map((study, at) => {
    const context = { report, prefix: several ? `study-${at + 1}-` : "" }
    return { context, title: several ? study.title : undefined, sections: sections(context, study) }
  })
  const context = { report, prefix: "" }
  const common: Block = {
    context,
    title: undefined,
    sections: [
      ...(report.studies.length === 0
        ? [
            {
              id: "summary",
              title: "What can be said",
              body: missing(
                "Scores",
                "No node of this pipeline gives a leaderboard or statistics: the stages aggregate and lottery do.",
              ),
            },
          ]
        : []),
      {
        id: "skipped-images",
        title: "Images left out",
        body: isFound(report.skipped) ? skippedTable(context) : missing("Images left out", report.skipped.missing),
      },
      ...(report.encoders.rows.length === 0
        ? []
        : [{ id: "encoders", title: "Encoders", body: encodersTable(context) }]),
      { id: "provenance", title: "Provenance", body: provenance(context) },
      { id: "graph", title: "The pipeline", body: graph(raw(extras.graph)) },
    ],
  }
  const blocks = [...studies, common]
  const models = Math.max(0, ...report.studies.map(({ models }) => models.length))
  const sets = Math.max(0, ...report.studies.map(({ sets }) => sets.length))
  const digest = createHash("sha256").update(extras.script).digest("base64")
  const main = blocks.map(({ context, sections, title }) => {
    const body = html`${sections.map((one) => section(context, one))}`
    return title === undefined
      ? body
      : html`<div class="study">
          <h2>${title}</h2>
          ${body}
        </div>`
  })
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="rankshift ${report.version}" />
        <link rel="icon" href="data:," />
        <title>${report.pipeline}: report</title>
        <style>
          ${raw(style)}
        </style>
        <noscript
          ><style>
            .panel[hidden] {
              display: block !important;
            }
          </style></noscript
        >
      </head>
      <body${models > limits.lines * 4 && html` class="large"`}>
        <a class="skip" href="#main">Skip to the content</a>
        <div class="page">
          <header>
            <h1>${report.pipeline}</h1>
            <p class="lead">
              ${models} models on ${sets} sets. Written
              ${report.written.replace("T", " ").replace(/:\d\d(?:\.\d+)?Z$/, " UTC")} by rankshift ${report.version}.
            </p>
            ${freshness(report)}
          </header>
          ${contents(blocks)}
          <main id="main">${main}</main>
        </div>
        ${script(extras.script)}
      </body>
    </html> `.text
}
