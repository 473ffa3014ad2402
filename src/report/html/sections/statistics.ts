import type { Context } from "../figure.ts"
import type { Html } from "../Html.ts"
import { minus, oriented } from "../pairs.ts"
import { isFound, type Study } from "../Study.ts"
import { type Cell, number, table, text } from "../table.ts"

/** A p-value as papers write it. */
export const pValue = (value: number): Cell => ({
  shown: !Number.isFinite(value) ? "–" : value < 0.001 ? "< .001" : value.toFixed(3).replace(/^0/, ""),
  value,
})

const points = (value: number, interval?: readonly [number, number]): Cell => ({
  shown: Number.isFinite(value) ? `${value < 0 ? "−" : value > 0 ? "+" : ""}${Math.abs(value * 100).toFixed(2)}` : "–",
  value,
  interval,
})

const between = (low: number, high: number, digits = 2, factor = 1): Cell => ({
  shown:
    Number.isFinite(low) && Number.isFinite(high)
      ? minus(`${(low * factor).toFixed(digits)} to ${(high * factor).toFixed(digits)}`)
      : "–",
  value: low,
})

/** Every two models on every set. */
export const pairsTable = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.pairs)) return undefined
  const { sources, total } = study.pairs
  const rows = oriented(study.pairs.rows, study.models)
  const place = new Map(study.models.map((model, at) => [model, at]))
  const near = (a: string, b: string) => Math.abs((place.get(a) ?? 0) - (place.get(b) ?? 0))
  const known = rows.some(({ onlyA }) => onlyA >= 0)
  // Neighbours first: it is they that a ranking tells apart.
  const sorted = rows.toSorted(
    (x, y) =>
      study.sets.indexOf(x.set) - study.sets.indexOf(y.set) ||
      near(x.a, x.b) - near(y.a, y.b) ||
      (place.get(x.a) ?? 0) - (place.get(y.a) ?? 0),
  )
  return table(context, {
    id: "pairs",
    title: "Every two models on every set",
    caption: `Difference of accuracies in percentage points (a less b) with its interval.${known ? " Only a, only b: images that one of the two alone gets right. McNemar's test, exact and mid-p." : " Images are not known one by one: p-values are of the z test for independent samples."} Holm: adjusted over all pairs of the set. Neighbours in the ranking come first.`,
    head: [
      { name: "set", numeric: false },
      { name: "a", numeric: false },
      { name: "b", numeric: false },
      { name: "difference", numeric: true },
      { name: "interval", numeric: true },
      ...(known
        ? [
            { name: "only a", numeric: true },
            { name: "only b", numeric: true },
          ]
        : []),
      { name: "images", numeric: true },
      { name: known ? "exact p" : "p", numeric: true },
      ...(known ? [{ name: "mid-p", numeric: true }] : []),
      { name: "Holm", numeric: true },
    ],
    rows: sorted.map((row) => [
      text(row.set),
      text(row.a),
      text(row.b),
      points(row.difference, [row.low, row.high]),
      between(row.low, row.high, 2, 100),
      ...(known ? [number(row.onlyA), number(row.onlyB)] : []),
      number(row.images),
      pValue(row.exact),
      ...(known ? [pValue(row.mid)] : []),
      pValue(row.holm),
    ]),
    sources,
    total,
  })
}

/** How much of a lead is noise at each set's size. */
export const noiseTable = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.noise)) return undefined
  const { rows, sources } = study.noise
  const lead = rows[0]?.lead ?? 0.001
  const known = rows.some(({ discordance }) => Number.isFinite(discordance))
  return table(context, {
    id: "noise",
    title: "How much of a lead is noise?",
    caption: `For two equally good models: the standard error of the difference of their accuracies, the smallest difference that is significant, both in percentage points, and how often they differ by ${(lead * 100).toFixed(1)} points or more. ${known ? "Discordance: the share of images that exactly one of two neighbours in the ranking gets right (median)." : "Images are not known one by one: these are the errors of two independent accuracies."}`,
    head: [
      { name: "set", numeric: false },
      { name: "images", numeric: true },
      ...(known ? [{ name: "discordance", numeric: true }] : []),
      { name: "standard error", numeric: true },
      { name: "smallest significant difference", numeric: true },
      { name: `probability of a lead of ${(lead * 100).toFixed(1)} points`, numeric: true },
    ],
    rows: rows.map((row) => [
      text(row.set),
      number(row.images),
      ...(known ? [number(row.discordance, 3)] : []),
      { shown: (row.error * 100).toFixed(2), value: row.error },
      { shown: (row.smallest * 100).toFixed(2), value: row.smallest },
      number(row.noise, 2),
    ]),
    sources,
  })
}

const measures = new Map([
  ["pearson", "Pearson's r"],
  ["spearman", "Spearman's ρ"],
  ["tau-b", "Kendall's τ_b"],
  ["kendall-w", "Kendall's W"],
  ["friedman", "Friedman's χ²"],
  ["nemenyi", "Nemenyi's critical difference of mean ranks"],
])

/** How far sets agree: each with the reference, and all of them together. */
export const agreementTable = (context: Context, study: Study): Html | undefined => {
  if (!isFound(study.agreement)) return undefined
  const { rows, sources } = study.agreement
  const place = (row: (typeof rows)[number]) =>
    row.a === "" ? 0 : row.a === study.reference || row.b === study.reference ? 1 : 2
  const sorted = rows.toSorted((x, y) => place(x) - place(y))
  return table(context, {
    id: "agreement",
    title: "How far do the sets agree?",
    caption:
      "First all sets other than the reference together (n: sets), then each set and aggregate with the reference, then every two others (n: models). Pearson's r is of accuracies, the others are of ranks; intervals after Fisher's z. The p-values take the models as a sample, which those of one table hardly are.",
    head: [
      { name: "measure", numeric: false },
      { name: "between", numeric: false },
      { name: "and", numeric: false },
      { name: "value", numeric: true },
      { name: "interval", numeric: true },
      { name: "p", numeric: true },
      { name: "n", numeric: true },
    ],
    rows: sorted.map((row) => [
      text(measures.get(row.measure) ?? row.measure),
      row.a === "" ? { shown: "all sets", value: "" } : text(row.a),
      text(row.b),
      {
        ...number(row.value, 3),
        shown: Number.isFinite(row.value) ? minus(row.value.toFixed(3)) : "–",
        interval: [row.low, row.high],
      },
      between(row.low, row.high, 3),
      pValue(row.p),
      number(row.n),
    ]),
    sources,
    total: rows.length,
  })
}
