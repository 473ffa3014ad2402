import type { Picture } from "../../picture/Picture.ts"

/** All nodes that some stand on or that stand on them, themselves included. */
export const lineage = ({ nodes }: Picture, from: ReadonlyArray<number>): ReadonlySet<number> => {
  const users = nodes.map((): Array<number> => [])
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) users[input]?.push(at)
  })
  const reach = (next: (at: number) => ReadonlyArray<number>) => {
    const found = new Set(from)
    const open = [...from]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const other of next(at)) {
        if (found.has(other)) continue
        found.add(other)
        open.push(other)
      }
    }
    return found
  }
  return new Set([...reach((at) => nodes[at]?.inputs ?? []), ...reach((at) => users[at] ?? [])])
}

/** The nodes that take one of these. */
export const usersOf = ({ nodes }: Picture, at: number): ReadonlyArray<number> =>
  nodes.flatMap(({ inputs }, user) => (inputs.includes(at) ? [user] : []))
