import { percent } from "../../format.ts"
import { type Context, from } from "../figure.ts"
import { fullName } from "../figures/aggregates.ts"
import { html, type Html, join } from "../Html.ts"
import { limits } from "../limits.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"
import { missing } from "./Section.ts"

interface Fact {
  readonly title: string
  readonly said: Html
  readonly detail: Html
}

const several = (names: ReadonlyArray<string>): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`

/** The first of the reference ranking, and the others that could be. */
const leaders = (study: Study): ReadonlyArray<Fact> => {
  const { board, reference } = study
  if ("missing" in board || board.reference === undefined || reference === undefined) return []
  const firsts = [...board.reference.entries.values()].filter(({ rank }) => rank === 1)
  const sets = rowsOf(study.rankSets).filter(({ set }) => set === reference)
  const could = study.models.filter((model) => sets.some((row) => row.model === model && row.low === 1))
  const level = Math.round((sets[0]?.level ?? 0.95) * 100)
  const [first] = firsts
  if (first === undefined) return []
  return [
    {
      title: `First on ${reference}`,
      said: html`${several(firsts.map(({ model }) => model))}`,
      detail: html`${percent(first.value)}% of ${first.images.toLocaleString("en-US")}
      images${firsts.length > 1 && ", tied"}`,
    },
    ...(could.length === 0
      ? []
      : [
          {
            title: `Could be first on ${reference}`,
            said: html`${could.length === 1 ? "no other model" : `${could.length} of ${study.models.length} models`}`,
            detail: html`${several(could)}: ${could.length === 1 ? "it is" : "they are"} not ruled out with ${level}%
            confidence`,
          },
        ]),
  ]
}

/** How often the model that is most often first is first, when sets are weighted at random. */
const chances = (study: Study): ReadonlyArray<Fact> => {
  const rows = rowsOf(study.rankProbabilities).filter(({ rank, source }) => source === "dirichlet" && rank === 1)
  const [best] = rows.toSorted((a, b) => b.probability - a.probability)
  return best === undefined
    ? []
    : [
        {
          title: "If sets had other weights",
          said: html`${best.model}`,
          detail: html`is first with probability ${best.probability.toFixed(2)},
          ${best.set !== "" && `by the ${fullName(best.set).toLowerCase()}, `}over all weights of the sets`,
        },
      ]
}

/** How far the sets agree on the ranking. */
const agreement = (study: Study): ReadonlyArray<Fact> => {
  const w = rowsOf(study.agreement).find(({ measure }) => measure === "kendall-w")
  const taus = rowsOf(study.agreement).filter(
    ({ a, b, measure }) =>
      measure === "tau-b" &&
      (a === study.reference || b === study.reference) &&
      study.sets.includes(a) &&
      study.sets.includes(b),
  )
  const least = taus.toSorted((x, y) => x.value - y.value)[0]
  if (w === undefined) return []
  return [
    {
      title: "Do the sets agree?",
      said: html`W = ${w.value.toFixed(2)}`,
      detail: html`Kendall's W of all sets (1: one ranking, 0: none in
      common)${least !== undefined && html`; least like ${study.reference ?? "the reference"}: ${least.a === study.reference ? least.b : least.a}, τ = ${least.value.toFixed(2)}`}`,
    },
  ]
}

/** Models that are first on some set or aggregate, where the board alone is there. */
const winners = (study: Study): ReadonlyArray<Fact> => {
  if ("missing" in study.board) return []
  const firsts = study.board.columns.flatMap(({ entries, name }) =>
    [...entries.values()].filter(({ rank }) => rank === 1).map(({ model }) => ({ model, name })),
  )
  const byModel = Map.groupBy(firsts, ({ model }) => model)
  const ordered = study.models.filter((model) => byModel.has(model))
  return [
    {
      title: "First somewhere",
      said: html`${ordered.length === 1 ? "one model" : `${ordered.length} models`}`,
      detail: html`${join(
        ordered
          .slice(0, 5)
          .map(
            (model) =>
              html`<b>${model}</b>:
                ${(byModel.get(model) ?? []).map(({ name }) => (study.aggregates.includes(name) ? fullName(name).toLowerCase() : name)).join(", ")}`,
          ),
        "; ",
      )}${ordered.length > 5 && "; …"}`,
    },
  ]
}

type Said = ReadonlyArray<{ readonly text: string }>

const list = (rows: Said): Html =>
  html`<ul class="verdicts">
    ${rows.map(({ text }) => html`<li>${text}</li>`)}
  </ul>`

/** The first of many, the others behind a click. */
const folded = (rows: Said): Html =>
  html`${list(rows.slice(0, limits.verdicts))}${
    rows.length > limits.verdicts &&
    html`<details>
      <summary>${rows.length - limits.verdicts} more</summary>
      ${list(rows.slice(limits.verdicts, limits.rows))}
    </details>`
  }`

const behind = (title: string, rows: Said): Html | undefined =>
  rows.length === 0
    ? undefined
    : html`<details>
        <summary>${title}</summary>
        ${list(rows.slice(0, limits.rows))}
      </details>`

/** What can be said, in words: a few facts, then the verdicts. */
export const summary = (context: Context, study: Study): Html => {
  const facts = [...leaders(study), ...winners(study), ...chances(study), ...agreement(study)]
  const { verdicts } = study
  const byKind = Map.groupBy(rowsOf(verdicts), ({ kind }) => kind)
  const of = (kind: string): Said => byKind.get(kind) ?? []
  const known = new Set(["overall", "neighbours", "model", "method", "unsaid"])
  const others = [...byKind].filter(([kind]) => !known.has(kind))
  return html`${of("overall").length > 0 && html`<p class="overall">${of("overall").map(({ text }) => `${text} `)}</p>`}
    <dl class="facts">
      ${facts.map(
        ({ detail, said, title }) =>
          html`<div>
            <dt>${title}</dt>
            <dd><span class="said">${said}</span> <span class="detail">${detail}</span></dd>
          </div>`,
      )}
    </dl>
    ${isFound(verdicts) ? undefined : missing("Verdicts on neighbours in the ranking", verdicts.missing)}
    ${
      of("neighbours").length > 0 &&
      html`<h3>Neighbours in the ranking</h3>
        ${folded(of("neighbours"))}`
    }
    ${others.map(
      ([kind, rows]) =>
        html`<h3>${kind}</h3>
          ${folded(rows)}`,
    )}
    ${
      of("unsaid").length > 0 &&
      html`<h3>What cannot be said</h3>
        ${list(of("unsaid"))}`
    }
    ${behind("Model by model", of("model"))}${behind("How this was judged", of("method"))}
    ${isFound(verdicts) && html`<p class="tools">${from(context, verdicts.sources)}</p>`}`
}
