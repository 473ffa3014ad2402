/** What a store takes on the disk, and what collecting frees. */
import type { Doomed, Marked } from "../store/mark.ts"
import type { Folder, Share, Usage } from "../store/usage.ts"
import { bytes, count, counted } from "./format.ts"
import { grid } from "./grid.ts"
import { paint, type Style } from "./style.ts"

const align = ["left", "right", "right", "right"] as const

const head = (style: Style, name: string) =>
  [name, "actions", "artifacts", "size"].map((cell) => paint(style, "strong", cell))

const shareRow = ({ actions, artifacts, bytes: size, name }: Share) => [
  name,
  count(actions),
  count(artifacts),
  bytes(size),
]

const folderRow = ({ bytes: size, files, name }: Folder) => [name, "", count(files), bytes(size)]

/** Disk use by stage, by subject (under the name of the `role` that they fill), and of all else. */
export const usage = (self: Usage, role: string, style: Style): ReadonlyArray<string> => {
  const rest = [self.loose, ...self.rest].filter(({ files }) => files > 0)
  const named = (name: string) => ["", "", "", ""].with(0, paint(style, "strong", name))
  const rows = [
    head(style, "stage"),
    ...self.stages.map(shareRow),
    ...(self.subjects.length === 0 ? [] : [[], named(role), ...self.subjects.map(shareRow)]),
    ...(rest.length === 0 ? [] : [[], named("other"), ...rest.map(folderRow)]),
    [],
    [paint(style, "strong", "all"), "", "", bytes(self.bytes)],
  ]
  return grid(rows, align)
}

/** The same as JSON. Sizes are in bytes. */
export const usageJson = (self: Usage, role: string): ReadonlyArray<string> => {
  const { bytes, loose, rest, stages, subjects } = self
  return [JSON.stringify({ bytes, stages, [`${role}s`]: subjects, other: [loose, ...rest] }, undefined, 2)]
}

const groups: { readonly [K in Doomed["kind"]]: string } = {
  action: "results without a stage",
  artifact: "artifacts without an action",
  run: "old runs",
  memo: "old memos",
  aside: "set aside",
  tmp: "unfinished",
}

const sizeOf = (all: ReadonlyArray<Doomed>): number => all.reduce((sum, { stored }) => sum + stored.bytes, 0)

/** What is freed, a line a stage, then in all: `verb` is what happens to it (`freed`, `would be freed`). */
export const collected = (
  marked: Marked,
  removed: ReadonlyArray<Doomed>,
  verb: string,
  style: Style,
): ReadonlyArray<string> => {
  const all = Map.groupBy(removed, ({ kind, stage }) => stage ?? groups[kind])
  const rows = [...all]
    .toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a))
    .map(([name, own]) => {
      const actions = own.filter(({ kind }) => kind === "action").length
      return [name, actions === 0 ? "" : count(actions), count(own.length - actions), bytes(sizeOf(own))]
    })
  const freed = sizeOf(removed)
  const young =
    marked.young === 0 ? "" : `; ${counted(marked.young, "result")} too young to be collected or in use by a run`
  return [
    ...(rows.length === 0 ? [] : grid([head(style, "stage"), ...rows], align)),
    removed.length === 0
      ? `nothing to collect: ${bytes(marked.bytes)} stay${young}`
      : `${bytes(freed)} of ${bytes(marked.bytes)} ${verb}, ${bytes(marked.bytes - freed)} stay${young}`,
  ]
}
