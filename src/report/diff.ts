import type { Diff, TableDiff } from "../run/Diff.ts"
import { causeLines } from "./explanation.ts"
import { counted, duration } from "./format.ts"
import { type Align, grid } from "./grid.ts"
import { some } from "./state.ts"
import { paint, type Style } from "./style.ts"

/** How many figures of a table are listed. */
const shown = 60

const number = (value: string | number) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : value)

const moved = (before: string | number, after: string | number) =>
  typeof before === "number" && typeof after === "number" ? `${after > before ? "+" : ""}${number(after - before)}` : ""

const table = ({ comparison, target, unknown }: TableDiff, style: Style): ReadonlyArray<string> => {
  if (comparison === undefined) return ["", `${paint(style, "strong", target)}: another result (${unknown ?? ""})`]
  const { added, differences, missing, reordered } = comparison
  if (differences.length + added.length + missing.length === 0) {
    return [
      "",
      `${paint(style, "strong", target)}: ${reordered ? "the same figures in another order" : "the same figures"}`,
    ]
  }
  const align: ReadonlyArray<Align> = ["left", "left", "right", "left", "right", "right"]
  const rows = differences
    .slice(0, shown)
    .map(({ after, before, column, row }) => [row, column, number(before), "->", number(after), moved(before, after)])
  return [
    "",
    `${paint(style, "strong", target)}: ${counted(differences.length, "figure")} ${differences.length === 1 ? "differs" : "differ"}`,
    ...grid(rows, align).map((line) => `  ${line}`),
    ...(differences.length > shown ? [`  … and ${differences.length - shown} more`] : []),
    ...(added.length > 0 ? [`  new: ${some(added, "; ")}`] : []),
    ...(missing.length > 0 ? [`  gone: ${some(missing, "; ")}`] : []),
  ]
}

/** What differs between two runs: figures, nodes, why, times. */
export const diff = (
  found: Diff,
  runs: { readonly before: string; readonly after: string },
  style: Style,
): ReadonlyArray<string> => {
  const { added, changed, removed, same, unfinished } = found.nodes
  const nodes = [
    `${counted(same, "node")} the same`,
    ...(changed.length > 0 ? [`${changed.length} changed`] : []),
    ...(added.length > 0 ? [`${added.length} new`] : []),
    ...(removed.length > 0 ? [`${removed.length} gone`] : []),
  ].join(", ")
  const times = found.times.map(({ after, before, stage }) => [
    stage,
    before === 0 ? "–" : duration(before),
    after === 0 ? "–" : duration(after),
  ])
  return [
    `${runs.before} -> ${runs.after}: ${nodes}`,
    ...(added.length > 0 ? [`new: ${some(added)}`] : []),
    ...(removed.length > 0 ? [`gone: ${some(removed)}`] : []),
    ...(unfinished.length > 0 ? [`not finished in one of the two: ${some(unfinished)}`] : []),
    ...found.tables.flatMap((one) => table(one, style)),
    ...(found.causes.length === 0
      ? []
      : [
          "",
          paint(style, "strong", "because"),
          ...found.causes.flatMap(({ cause, nodes }) => [
            `  ${cause.node} (${counted(nodes.length, "node")} changed with it)`,
            ...causeLines(cause, found.sources).map((line) => `    ${line}`),
          ]),
        ]),
    ...(times.length === 0
      ? []
      : [
          "",
          paint(style, "strong", "time computed"),
          ...grid([["", "before", "after"], ...times], ["left", "right", "right"]).map((line) => `  ${line}`),
        ]),
  ]
}
