import type { Checked } from "../run/Checked.ts"
import { count, counted, duration } from "./format.ts"
import { some } from "./state.ts"
import { type Look, paint, type Style } from "./style.ts"

const looks: { readonly [V in Checked["verdict"]]: { readonly sign: string; readonly look: Look } } = {
  equal: { sign: "✓", look: "good" },
  close: { sign: "≈", look: "good" },
  different: { sign: "✗", look: "bad" },
  failed: { sign: "✗", look: "bad" },
}

const number = (value: string | number) => (typeof value === "number" ? String(Number(value.toPrecision(7))) : value)

/** One value that differs: `a.jpg: score[2] .79 → .81`. */
export const difference = ({ after, at, before, column, row }: Checked["differences"][number]): string => {
  const apart = typeof before === "number" && typeof after === "number" ? ` (${number(after - before)})` : ""
  return `${row}: ${column}${at === undefined ? "" : `[${at}]`} ${number(before)} → ${number(after)}${apart}`
}

const verdict = (found: Checked): string => {
  switch (found.verdict) {
    case "equal":
      return "equal byte by byte"
    case "close":
      return `within the tolerance: numbers differ by up to ${number(found.largest)}`
    case "failed":
      return `cannot be computed again: ${found.message ?? ""}`
    case "different":
      return [
        ...(found.differing > 0 ? [`${count(found.differing)} of ${counted(found.rows, "row")} differ`] : []),
        ...(found.missing.length > 0 ? [`${counted(found.missing.length, "row")} gone (${some(found.missing)})`] : []),
        ...(found.added.length > 0 ? [`${counted(found.added.length, "row")} new (${some(found.added)})`] : []),
        ...(found.reordered ? ["rows in another order"] : []),
        ...(found.skipped ? ["other rows are left out"] : []),
      ].join(", ")
  }
}

/** What came of one unit, and the first values that differ below it. */
export const checked = (found: Checked, style: Style): ReadonlyArray<string> => {
  const { look, sign } = looks[found.verdict]
  const shard = found.shards > 1 ? ` ${paint(style, "quiet", `shard ${found.shard + 1} of ${found.shards}`)}` : ""
  const aside = found.aside ? paint(style, "quiet", "; its course or places differ, which are no part of it") : ""
  const rest = found.differing - new Set(found.differences.map(({ row }) => row)).size
  return [
    `${paint(style, look, sign)} ${found.node}${shard}: ${verdict(found)}${aside}`,
    ...found.differences.map((one) => `    ${difference(one)}`),
    ...(rest > 0 ? [`    … and ${counted(rest, "row")} more`] : []),
  ]
}

/** How many were checked, and how they stand. */
export const closing = (all: ReadonlyArray<Checked>, seconds: number, style: Style): string => {
  const of = (...verdicts: ReadonlyArray<Checked["verdict"]>) =>
    all.filter((one) => verdicts.includes(one.verdict)).length
  const bad = of("different", "failed")
  const nodes = new Set(all.map(({ node }) => node)).size
  const what = `${counted(nodes, "node")}, ${counted(all.length, "unit")}, in ${duration(seconds)}`
  return bad === 0
    ? `${paint(style, "good", "agrees with the cache")}: ${what}; ${count(of("equal"))} equal, ${count(of("close"))} within the tolerance`
    : `${paint(style, "bad", `${count(bad)} of ${counted(all.length, "unit")} differ`)}: ${what}`
}
