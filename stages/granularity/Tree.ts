import type { Batch } from "../../src/arrow/Table.ts"
import { few } from "./few.ts"
import type { Taxonomy } from "./tables.ts"

/** A tree of names, looked at from its leaves. */
export interface Tree {
  /** From below the root to the name itself; `undefined` where there is no such name. */
  readonly pathOf: (name: string) => ReadonlyArray<string> | undefined
}

/**
 * The tree that rows of name and parent make, or what is wrong: a name with two
 * parents, a circle. A parent without a row of its own stands at the top. One
 * name at the top is the root of all, and no level.
 */
export const make = ({ name, parent }: Batch<typeof Taxonomy>): Tree | string => {
  const above = new Map<string, string>()
  for (const [row, child] of name.entries()) {
    const known = above.get(child)
    const said = parent[row] ?? ""
    if (known !== undefined && known !== said) {
      return `${JSON.stringify(child)} has two parents, ${JSON.stringify(known)} and ${JSON.stringify(said)}`
    }
    above.set(child, said)
  }
  for (const said of parent) if (said !== "" && !above.has(said)) above.set(said, "")
  const paths = new Map<string, ReadonlyArray<string>>()
  for (const start of above.keys()) {
    const path: Array<string> = []
    for (let at = start; at !== ""; at = above.get(at) ?? "") {
      if (path.includes(at)) return `a circle: ${few(path)} are above one another`
      path.unshift(at)
    }
    paths.set(start, path)
  }
  const tops = [...above].flatMap(([child, said]) => (said === "" ? [child] : []))
  const skip = tops.length === 1 && above.size > 1 ? 1 : 0
  return { pathOf: (child) => paths.get(child)?.slice(skip) }
}
