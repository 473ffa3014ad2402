import type { Explained, Explanation, Made, Shared } from "../plan/Explain.ts"
import type { SourceChange } from "../run/sourceChanges.ts"
import { count, counted, duration } from "./format.ts"
import { grid } from "./grid.ts"
import { parts } from "./provenance.ts"
import { inState, inWords, sign, some } from "./state.ts"
import { paint, type Style } from "./style.ts"

/** How many functions, and rows of a source, are named. */
const shown = 8

const codeLines = ({ changes, code, node }: Explained): ReadonlyArray<string> => {
  if (!changes.some(({ part }) => part === "code")) return []
  if (code.length === 0) return [`code of ${node}'s stage is another (its functions were not listed before)`]
  const lines = code.slice(0, shown).map(({ module, name, what }) => `code ${module}: ${name} ${what}`)
  return code.length > shown ? [...lines, `… and ${code.length - shown} more`] : lines
}

const sourceLines = (change: SourceChange | undefined): ReadonlyArray<string> => {
  if (change === undefined) return ["files outside are others"]
  if (change.unknown !== undefined) return [`files outside are others; ${change.unknown}`]
  const { added, changed, removed, rows } = change
  if (added + changed + removed === 0) return ["files outside were touched; their content is the same"]
  const rest = added + changed + removed - rows.length
  return [
    `files outside: ${[
      ...(changed > 0 ? [`${counted(changed, "row")} changed`] : []),
      ...(added > 0 ? [`${count(added)} added`] : []),
      ...(removed > 0 ? [`${count(removed)} removed`] : []),
    ].join(", ")}`,
    ...rows.map(({ after, before, id }) =>
      before === undefined
        ? `  + ${id}  ${after ?? ""}`
        : after === undefined
          ? `  - ${id}  ${before}`
          : `  ~ ${id}  ${before} -> ${after}`,
    ),
    ...(rest > 0 ? [`  … and ${count(rest)} more`] : []),
  ]
}

const kinds: { readonly [K in Exclude<Explained["kind"], "changed">]: string } = {
  new: "never computed before",
  forgotten: "what it was made of the last time is no longer recorded",
  lost: "its key is the same, but its result is missing, was damaged or is computed anew",
}

/** What began at one node, a line a value. */
export const causeLines = (cause: Explained, sources: ReadonlyArray<SourceChange>): ReadonlyArray<string> => {
  if (cause.kind !== "changed") return [kinds[cause.kind]]
  const plain = cause.changes.flatMap(({ after, before, name, part }) =>
    part === "code" || part === "outside" || part === "input"
      ? []
      : [`${part} ${name}: ${before ?? "none"} -> ${after ?? "none"}`],
  )
  const outside = cause.changes.some(({ part }) => part === "outside")
  return [
    ...plain,
    ...codeLines(cause),
    ...(outside ? sourceLines(sources.find(({ node }) => node === cause.node)) : []),
  ]
}

const path = (cause: Explained): string => {
  const names = cause.path.toReversed()
  return names.length > 6 ? [...names.slice(0, 3), "…", ...names.slice(-2)].join(" → ") : names.join(" → ")
}

const nothing = ({ state }: Explanation): string => {
  switch (state._tag) {
    case "fresh":
      return "No part of its key has changed since it was computed."
    case "waiting":
      return "Its key is known only once these have run; where they give what they gave before, it need not run."
    case "failed":
      return "No part of its key has changed since it failed."
    case "streamed":
      return "It is never written: it is computed on the fly when something that stands on it is."
    case "stale":
      return "There is no former key to compare with."
  }
}

const howMade = ({ action, cutOff, run, seconds }: Made): ReadonlyArray<string> => [
  `computed ${action.finished} in ${duration(seconds)} on ${action.host["host"] ?? "an unknown host"}${run === undefined ? "" : `, by the run of ${run}`}`,
  ...cutOff.map(({ finished, input }) => `${input} was computed again ${finished} and gave the same: it stopped there`),
]

/** Why a node is in its state: each part of its key that changed, where that began, then the key. */
export const explanation = (
  self: Explanation,
  style: Style,
  sources: ReadonlyArray<SourceChange> = [],
): ReadonlyArray<string> => {
  const { state } = self
  const { fresh, total } = self.shards ?? { fresh: 0, total: 0 }
  // What is streamed is never there, and nothing is wrong with that.
  const shards =
    total < 2 || fresh === total || state._tag === "streamed"
      ? ""
      : `  (${count(fresh)} of ${count(total)} shards fresh)`
  const changes = self.changes.map(({ after, before, name, part }) => [
    part,
    name,
    before ?? "none",
    "->",
    after ?? "none",
  ])
  return [
    `${sign(style, state._tag)} ${paint(style, "strong", self.node)}  ${inState(style, state._tag, inWords(state))}${shards}`,
    "",
    ...(changes.length === 0 ? [nothing(self)] : ["changed", ...grid(changes, []).map((line) => `  ${line}`)]),
    ...(self.made === undefined ? [] : howMade(self.made)),
    ...(self.causes.length === 0
      ? []
      : [
          "",
          "because",
          ...self.causes.flatMap((cause) => [
            `  ${paint(style, "strong", path(cause))}`,
            ...causeLines(cause, sources).map((line) => `    ${line}`),
          ]),
        ]),
    ...(self.parts === undefined ? [] : ["", "key", ...parts(self.parts)]),
  ]
}

/** Why a pipeline is not fresh: each cause once, with how much stands on it. */
export const overview = (
  found: { readonly shared: ReadonlyArray<Shared>; readonly nodes: number; readonly stale: number },
  style: Style,
  sources: ReadonlyArray<SourceChange>,
): ReadonlyArray<string> => {
  const { nodes, shared, stale } = found
  if (stale === 0) return [`${paint(style, "good", "fresh")}: nothing of ${counted(nodes, "node")} has to be computed`]
  const fresh = shared.filter(({ cause }) => cause.kind === "new").map(({ cause }) => cause.node)
  const changed = shared.filter(({ cause }) => cause.kind !== "new")
  return [
    `${counted(shared.length, "cause")} ${shared.length === 1 ? "makes" : "make"} ${stale} of ${counted(nodes, "node")} stale`,
    ...changed.flatMap(({ cause, nodes: standing }) => [
      "",
      `${paint(style, "strong", cause.node)}: ${counted(standing.length, "node")}, ${some(standing)}`,
      ...causeLines(cause, sources).map((line) => `  ${line}`),
    ]),
    ...(fresh.length === 0 ? [] : ["", `never computed before: ${counted(fresh.length, "node")}, ${some(fresh)}`]),
  ]
}
