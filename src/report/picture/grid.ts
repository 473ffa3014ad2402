import { count } from "../format.ts"
import { type AllSubjects, plural, type Subjects } from "./subjects.ts"

/** Where a node stands in an unfolded box, and what its cell says beside its figures. */
export interface GridCell {
  readonly node: number
  readonly column: number
  readonly row: number
  /** Empty where the heads of its row and column say it. */
  readonly text: string
}

/** The nodes of an unfolded box in rows and columns. Heads are empty where cells speak for themselves. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  readonly columnHeads: ReadonlyArray<string>
  readonly rowHeads: ReadonlyArray<string>
  readonly cells: ReadonlyArray<GridCell>
}

const distinct = (values: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(values)]

/** As many subjects for each as the shortest has: what goes beyond that is one with the last. */
const levelled = (all: ReadonlyArray<Subjects>): ReadonlyArray<Subjects> => {
  const places = Math.min(...all.map(({ subjects }) => subjects.length))
  return all.map(({ subjects, ...rest }) => ({
    ...rest,
    subjects:
      places === 0 || subjects.length === places
        ? subjects
        : [...subjects.slice(0, places - 1), subjects.slice(places - 1).join(", ")],
  }))
}

/** The values that the subjects take, place by place; none where some have no subject. */
const valuesOf = (all: ReadonlyArray<Subjects>): ReadonlyArray<ReadonlyArray<string>> => {
  const places = all[0]?.subjects.length ?? 0
  if (all.some(({ subjects }) => subjects.length !== places)) return []
  return Array.from({ length: places }, (_, place) => distinct(all.map(({ subjects }) => subjects[place] ?? "")))
}

/** The name of a box of these nodes. */
export const titleOf = (nodes: ReadonlyArray<{ readonly name: string; readonly stage: string }>, table: string) => {
  const [first, ...rest] = nodes
  if (first === undefined || rest.length === 0) return first?.name ?? ""
  const stages = distinct(nodes.map(({ stage }) => stage))
  return stages.length === 1 ? first.stage : plural(table)
}

/** The pattern that fits the nodes' names where some of their subjects are the same: `fitProbe(*, train)`. */
export const patternOf = (
  nodes: ReadonlyArray<{ readonly name: string; readonly stage: string }>,
  named: ReadonlyArray<Subjects>,
): string => {
  const stages = distinct(nodes.map(({ stage }) => stage))
  const values = valuesOf(levelled(named))
  if (nodes.length < 2) return ""
  if (stages.length > 1) return stages.join(", ")
  if (!values.some(({ length }) => length === 1)) return ""
  return `(${values.map(([first = "", ...rest]) => (rest.length === 0 ? first : "*")).join(", ")})`
}

const wide = 8

/**
 * Lays the nodes of a box out: in rows and columns by their subjects where two
 * of these vary and most places are filled, otherwise one after another.
 */
export const grid = (
  members: ReadonlyArray<number>,
  named: AllSubjects,
): { readonly grid: Grid; readonly dims: string } => {
  const all = levelled(members.flatMap((at) => named.of[at] ?? []))
  const values = valuesOf(all)
  const varying = values.flatMap((found, place) => (found.length > 1 ? [{ place, found }] : []))
  const full = varying.reduce((product, { found }) => product * found.length, 1) === members.length
  const words = varying.map(({ found }) => {
    const [word, ...others] = distinct(found.flatMap((value) => named.kind(value) ?? []))
    return word === undefined || others.length > 0 ? undefined : `${count(found.length)} ${word}`
  })
  const dims = words.every((word) => word !== undefined) ? words.join(full ? " × " : ", ") : ""

  const [first, second] = varying
  const heads = (at: { readonly found: ReadonlyArray<string> } | undefined) => at?.found ?? []
  const places = heads(first).length * heads(second).length
  const crossed = varying.length === 2 && first !== undefined && second !== undefined && places <= 2 * members.length
  if (crossed && distinct(all.map(({ subjects }) => subjects.join(", "))).length === members.length) {
    const cells = members.map((node, at) => ({
      node,
      column: second.found.indexOf(all[at]?.subjects[second.place] ?? ""),
      row: first.found.indexOf(all[at]?.subjects[first.place] ?? ""),
      text: all[at]?.extra ?? "",
    }))
    const [columns, rows] = [second.found.length, first.found.length]
    return { dims, grid: { columns, rows, columnHeads: second.found, rowHeads: first.found, cells } }
  }
  // Near a square, cells being about four times as wide as high, but not wider than a matrix would be.
  const columns = Math.max(1, Math.min(wide, Math.ceil(Math.sqrt(members.length / 3))))
  const cells = members.map((node, at) => {
    const { extra = "", name = "", subjects = [] } = all[at] ?? {}
    const told = values.length === 0 ? subjects : subjects.filter((_, place) => (values[place]?.length ?? 0) > 1)
    return {
      node,
      column: at % columns,
      row: Math.floor(at / columns),
      text: [told.join(", "), extra].filter((part) => part !== "").join(" ") || name,
    }
  })
  return { dims, grid: { columns, rows: Math.ceil(members.length / columns), columnHeads: [], rowHeads: [], cells } }
}
