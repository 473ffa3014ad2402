import type { Departure } from "../run/Lock.ts"
import type { LockFile } from "../run/LockFile.ts"
import { difference } from "./check.ts"
import { counted } from "./format.ts"
import { some } from "./state.ts"
import { paint, type Style } from "./style.ts"

/** What was written. */
export const written = (lock: LockFile, file: string, style: Style): ReadonlyArray<string> => {
  const targets = Object.entries(lock.targets)
  const bare = targets.filter(([, { figures }]) => figures === undefined).map(([name]) => name)
  return [
    `${paint(style, "good", "locked")}: ${counted(targets.length, "target")} of ${counted(Object.keys(lock.keys).length, "node")} in ${file}`,
    ...(bare.length > 0 ? [`by their content alone, as they are large or no tables of figures: ${some(bare)}`] : []),
  ]
}

/** Which keys are not those of the lock, before anything is run. */
export const otherKeys = (nodes: ReadonlyArray<string>, file: string, style: Style): ReadonlyArray<string> =>
  nodes.length === 0
    ? []
    : [
        `${paint(style, "attention", "note")}: ${counted(nodes.length, "node")} ${nodes.length === 1 ? "has another key" : "have other keys"} than in ${file} (code, params, inputs or versions differ), first ${nodes[0] ?? ""}`,
      ]

const verdicts: { readonly [V in Departure["verdict"]]: string } = {
  equal: "equal byte by byte",
  close: "within the tolerance",
  different: "differs",
  missing: "is no target of this pipeline any more",
  added: "is not in the lock",
  "not computed": "has not been computed: run all targets",
}

const detail = ({ comparison }: Departure): ReadonlyArray<string> => {
  if (comparison === undefined) return []
  const rest = comparison.differing - new Set(comparison.differences.map(({ row }) => row)).size
  return [
    ...comparison.differences.map(({ at, ...one }) => `    ${difference(at === undefined ? one : { ...one, at })}`),
    ...(rest > 0 ? [`    … and ${counted(rest, "row")} more`] : []),
    ...(comparison.missing.length > 0 ? [`    gone: ${some(comparison.missing, "; ")}`] : []),
    ...(comparison.added.length > 0 ? [`    new: ${some(comparison.added, "; ")}`] : []),
    ...(comparison.reordered ? ["    rows in another order"] : []),
  ]
}

/** How the results stand beside the lock: each figure that differs, locked value first. */
export const departures = (
  found: ReadonlyArray<Departure>,
  file: string,
  { exact, tolerance }: { readonly exact: boolean; readonly tolerance: number },
  style: Style,
): ReadonlyArray<string> => {
  const bad = found.filter(({ verdict }) => verdict !== "equal" && (exact || verdict !== "close"))
  const equal = found.filter(({ verdict }) => verdict === "equal").length
  if (bad.length === 0) {
    const close = found.length - equal
    return [
      `${paint(style, "good", `agrees with ${file}`)}: ${counted(found.length, "target")}, ${equal} equal byte by byte${close > 0 ? `, ${close} within ${tolerance}` : ""}`,
    ]
  }
  return [
    `${paint(style, "bad", `differs from ${file}`)}: ${bad.length} of ${counted(found.length, "target")}`,
    ...bad.flatMap((one) => [`${paint(style, "bad", "✗")} ${one.target} ${verdicts[one.verdict]}`, ...detail(one)]),
  ]
}
