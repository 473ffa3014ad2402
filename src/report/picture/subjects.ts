interface Named {
  readonly name: string
  readonly stage: string
  readonly inputs: ReadonlyArray<number>
}

/** What kind of thing a node gives. */
export interface Kind {
  readonly table: string
  readonly rowWise: boolean
}

/** What a node's name says it is about: `extract(hog, sketch; crop=56)` has the subjects hog and sketch. */
export interface Subjects {
  readonly name: string
  readonly subjects: ReadonlyArray<string>
  /** What tells it from others with the same subjects. */
  readonly extra: string
}

/** The subjects of each node, and of what kind a subject is, as far as a node stands for it. */
export interface AllSubjects {
  readonly of: ReadonlyArray<Subjects>
  readonly kind: (subject: string) => string | undefined
}

const parse = ({ name, stage }: Named): Subjects => {
  const number = /#\d+$/.exec(name)?.[0] ?? ""
  const stem = name.slice(0, name.length - number.length)
  if (!stem.startsWith(`${stage}(`) || !stem.endsWith(")")) return { name, subjects: [], extra: number }
  const [inside = "", ...params] = stem.slice(stage.length + 1, -1).split("; ")
  const extra = [params.join("; "), number].filter((part) => part !== "").join(" ")
  return { name, subjects: inside.split(", "), extra }
}

/** Several of a thing. */
export const plural = (noun: string): string => (noun.endsWith("s") ? noun : `${noun}s`)

// Rows made from other rows are no set of their own, whatever their name.
const wordOf = (node: Named, { rowWise, table }: Kind): string | undefined =>
  rowWise ? (node.inputs.length === 0 ? "sets" : undefined) : table === "" ? undefined : plural(table)

/** Reads the names of all nodes. What a subject is, is told by the first node that is about it alone. */
export const subjects = (nodes: ReadonlyArray<Named>, kinds: ReadonlyArray<Kind>): AllSubjects => {
  const of = nodes.map(parse)
  const words = new Map<string, string | undefined>()
  nodes.forEach((node, at) => {
    const kind = kinds[at]
    const [subject = node.name, ...others] = of[at]?.subjects ?? []
    if (kind === undefined || others.length > 0 || words.has(subject)) return
    words.set(subject, wordOf(node, kind))
  })
  return { of, kind: (subject) => words.get(subject) }
}
