import type { Json } from "effect/Schema"
import { canonical } from "../hash/canonical.ts"

/** What a name is made from. */
export interface Unnamed {
  readonly stage: { readonly name: string }
  readonly canonical: Json
  /** Positions of the nodes it takes. */
  readonly below: ReadonlyArray<number>
  readonly label: string | undefined
}

/** More subjects than this say nothing: the stage's name stands alone. */
const mostSubjects = 4

const fieldsOf = (params: Json): ReadonlyArray<readonly [name: string, value: Json]> =>
  typeof params === "object" && params !== null && !Array.isArray(params) ? Object.entries(params) : []

/** The fields in which nodes differ: those that have several values, or are missing in some; `shared` are those that all have. */
const differing = (group: ReadonlyArray<Unnamed>) => {
  const values = new Map<string, Array<string>>()
  for (const draft of group) {
    for (const [name, value] of fieldsOf(draft.canonical)) {
      const known = values.get(name)
      if (known === undefined) values.set(name, [canonical(value)])
      else known.push(canonical(value))
    }
  }
  const all = [...values].filter(([, found]) => found.length < group.length || new Set(found).size > 1)
  const shared = all.filter(([, found]) => found.length === group.length)
  return { all: all.map(([name]) => name), shared: shared.map(([name]) => name) }
}

/**
 * The fields that tell each node of one name from the others: those that all
 * have, and among nodes that agree in these, those that tell these apart. So of
 * two protocols it says which, and not all params of either.
 */
const telling = (group: ReadonlyArray<Unnamed>): ReadonlyMap<Unnamed, ReadonlySet<string>> => {
  const { all, shared } = group.length < 2 ? { all: [], shared: [] } : differing(group)
  if (shared.length === 0) return new Map(group.map((draft) => [draft, new Set(all)]))
  const alike = Map.groupBy(group, ({ canonical: params }) => {
    const fields = new Map(fieldsOf(params))
    return canonical(shared.map((name) => fields.get(name) ?? null))
  })
  return new Map(
    [...alike.values()].flatMap((nodes) =>
      [...telling(nodes)].map(([draft, own]) => [draft, new Set([...shared, ...own])] as const),
    ),
  )
}

const shown = ([name, value]: readonly [string, Json]) =>
  `${name}=${typeof value === "string" ? value : canonical(value)}`

/**
 * A readable and unique name for each node: the stage, and in brackets the
 * labels of what it stands on, `extract(hog, sketch)`. Where two nodes would be
 * called the same, the params in which they differ are added, then a number.
 */
export const names = (drafts: ReadonlyArray<Unnamed>): ReadonlyArray<string> => {
  const subjects: Array<ReadonlyArray<string>> = []
  const base = drafts.map((draft) => {
    const below = [...new Set(draft.below.flatMap((i) => subjects[i] ?? []))]
    const own = draft.label === undefined ? below : [draft.label]
    subjects.push(own.length > mostSubjects ? [] : own)
    if (own.length === 0 || own.length > mostSubjects || own[0] === draft.stage.name) return draft.stage.name
    return `${draft.stage.name}(${own.join(", ")})`
  })
  const groups = new Map<string, Array<Unnamed>>()
  drafts.forEach((draft, index) => {
    const name = base[index] ?? ""
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [draft])
    else group.push(draft)
  })
  const told = new Map([...groups.values()].flatMap((group) => [...telling(group)]))
  const taken = new Set<string>()
  const last = new Map<string, number>()
  return drafts.map((draft, index) => {
    const name = base[index] ?? draft.stage.name
    const fields = told.get(draft)
    const extra = fieldsOf(draft.canonical)
      .filter(([field]) => fields?.has(field))
      .map(shown)
      .join(" ")
    const stem = extra === "" ? name : name.endsWith(")") ? `${name.slice(0, -1)}; ${extra})` : `${name}(${extra})`
    let unique = stem
    for (let n = (last.get(stem) ?? 1) + 1; taken.has(unique); n++) {
      unique = `${stem}#${n}`
      last.set(stem, n)
    }
    taken.add(unique)
    return unique
  })
}
