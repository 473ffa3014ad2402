import { fullName, valueText } from "../../Board.ts"
import { count, counted } from "../../format.ts"
import { type Context, from } from "../figure.ts"
import { html, type Html, join, type Piece } from "../Html.ts"
import { limits } from "../limits.ts"
import { minus } from "../pairs.ts"
import { isFound, rowsOf, type Study } from "../Study.ts"
import { missing } from "./Section.ts"

interface Fact {
  readonly title: string
  readonly said: string
  readonly detail: Piece
}

const several = (names: ReadonlyArray<string>): string =>
  names.length <= 5 ? names.join(", ") : `${names.slice(0, 4).join(", ")} and ${names.length - 4} more`

/** The first of the reference ranking, and all that could be. */
const leaders = (study: Study): ReadonlyArray<Fact> => {
  const { board, reference } = study
  if ("missing" in board || board.reference === undefined || reference === undefined) return []
  const firsts = [...board.reference.entries.values()].filter(({ rank }) => rank === 1)
  const [first] = firsts
  if (first === undefined) return []
  const sets = rowsOf(study.rankSets).filter(({ set }) => set === reference)
  const leading = new Set(sets.filter(({ low }) => low === 1).map(({ model }) => model))
  const could = study.models.filter((model) => leading.has(model))
  const level = `${Math.round((sets[0]?.level ?? 0.95) * 100)}% confidence`
  return [
    {
      title: `First on ${reference}`,
      said: several(firsts.map(({ model }) => model)),
      detail: `${valueText(first)}${board.reference.unit === "share" ? "% of" : ` ${board.reference.unit}, over`} ${count(first.images)} images${firsts.length > 1 ? ", tied" : ""}`,
    },
    ...(could.length === 0
      ? []
      : [
          {
            title: `Could be first on ${reference}`,
            said: could.length === 1 ? several(could) : `${could.length} of ${study.models.length} models`,
            detail:
              could.length === 1
                ? `all others are ruled out with ${level}`
                : `${several(could)}: none is ruled out with ${level}`,
          },
        ]),
  ]
}

/** A probability that is only called 1 where it is. */
const share = (value: number): string => (value > 0.995 && value < 1 ? "above .99" : value.toFixed(2))

/** How often the model that is most often first is first, when sets are weighted at random. */
const chances = (study: Study): ReadonlyArray<Fact> => {
  const rows = rowsOf(study.rankProbabilities).filter(({ rank, source }) => source === "dirichlet" && rank === 1)
  const [best] = rows.toSorted((a, b) => b.probability - a.probability)
  if (best === undefined) return []
  const by = best.set === "" ? "" : ` by the ${fullName(best.set).toLowerCase()}`
  return [
    {
      title: "If sets had other weights",
      said: best.model,
      detail: `is first with probability ${share(best.probability)}${by}, every weighting of the sets being as likely`,
    },
  ]
}

/** How far the sets agree on the ranking. */
const agreement = (study: Study): ReadonlyArray<Fact> => {
  const { reference = "the reference", sets } = study
  const rows = rowsOf(study.agreement)
  const w = rows.find(({ measure }) => measure === "kendall-w")
  if (w === undefined) return []
  const [least] = rows
    .filter(
      ({ a, b, measure }) => measure === "tau-b" && [a, b].includes(reference) && sets.includes(a) && sets.includes(b),
    )
    .toSorted((x, y) => x.value - y.value)
  const unlike =
    least === undefined
      ? ""
      : `; least like ${reference}: ${least.a === reference ? least.b : least.a}, τ = ${minus(least.value.toFixed(2))}`
  return [
    {
      title: "Do the sets agree?",
      said: `W = ${w.value.toFixed(2)}`,
      detail: `Kendall's W of the ${w.n} sets other than ${reference} (1: one ranking, 0: nothing in common)${unlike}`,
    },
  ]
}

/** Models that are first on some set or by some aggregate. */
const winners = (study: Study): ReadonlyArray<Fact> => {
  if ("missing" in study.board) return []
  const firsts = study.board.columns.flatMap(({ entries, kind, name }) =>
    [...entries.values()]
      .filter(({ rank }) => rank === 1)
      .map(({ model }) => ({ model, where: kind === "aggregate" ? fullName(name).toLowerCase() : name })),
  )
  const byModel = Map.groupBy(firsts, ({ model }) => model)
  const ordered = study.models.filter((model) => byModel.has(model))
  const where = (model: string) => (byModel.get(model) ?? []).map((one) => one.where).join(", ")
  const told = ordered.slice(0, 5).map((model) => [html`<b>${model}</b>`, `: ${where(model)}`])
  return [
    {
      title: "First somewhere",
      said: ordered.length === 1 ? "one model" : `${ordered.length} models`,
      detail: [join(told, "; "), ordered.length > 5 && "; …"],
    },
  ]
}

type Said = ReadonlyArray<{ readonly text: string }>

/** Sentences, as many as a page bears. */
const list = (rows: Said): Html => {
  const rest = rows.length - limits.rows
  return html`<ul class="verdicts">
    ${rows.slice(0, limits.rows).map(({ text }) => html`<li>${text}</li>`)}
    ${rest > 0 && html`<li>${counted(rest, "more sentence")}: <code>pipeline show</code> gives all of them</li>`}
  </ul>`
}

const behind = (title: string, rows: Said): Html | undefined =>
  rows.length === 0
    ? undefined
    : html`<details>
        <summary>${title}</summary>
        ${list(rows)}
      </details>`

/** The first of many, the others behind a click. */
const folded = (rows: Said): Html => {
  const rest = rows.slice(limits.verdicts)
  return html`${list(rows.slice(0, limits.verdicts))}${behind(`${rest.length} more`, rest)}`
}

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
