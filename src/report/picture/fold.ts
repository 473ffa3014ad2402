/** A graph by the inputs of each of its nodes, inputs before what stands on them. */
interface Standing {
  readonly stage: string
  readonly inputs: ReadonlyArray<number>
}

/** Which nodes are drawn as one, and what stands on what then. */
export interface Folded {
  /** Positions of each group's nodes. Groups come before those that stand on them. */
  readonly groups: ReadonlyArray<ReadonlyArray<number>>
  readonly edges: ReadonlyArray<readonly [from: number, to: number]>
}

/**
 * How often a path to each node has left its stage and come back, at most.
 * Nodes of one stage with the same number may be one box without what is
 * between them standing on itself; nodes that follow one another directly may too.
 */
const returns = (nodes: ReadonlyArray<Standing>): ReadonlyArray<number> => {
  const several = new Map<string, number>()
  for (const { stage } of nodes) several.set(stage, (several.get(stage) ?? 0) + 1)
  const levels: Array<number> = []
  const seen: Array<ReadonlyMap<string, number>> = []
  for (const { inputs, stage } of nodes) {
    const known = new Map<string, number>()
    let level = 0
    for (const input of inputs) {
      const step = nodes[input]?.stage === stage ? 0 : 1
      for (const [name, value] of seen[input] ?? []) {
        known.set(name, Math.max(known.get(name) ?? 0, value))
        if (name === stage) level = Math.max(level, value + step)
      }
    }
    if ((several.get(stage) ?? 0) > 1) known.set(stage, level)
    levels.push(level)
    seen.push(known)
  }
  return levels
}

const number = (keys: ReadonlyArray<string>): ReadonlyArray<number> => {
  const known = new Map<string, number>()
  return keys.map((key) => {
    const at = known.get(key) ?? known.size
    known.set(key, at)
    return at
  })
}

const quotient = (nodes: ReadonlyArray<Standing>, group: ReadonlyArray<number>): ReadonlyArray<Set<number>> => {
  const below = Array.from({ length: Math.max(-1, ...group) + 1 }, () => new Set<number>())
  nodes.forEach(({ inputs }, at) => {
    for (const input of inputs) {
      const [from, to] = [group[input] ?? -1, group[at] ?? -1]
      if (from !== to) below[to]?.add(from)
    }
  })
  return below
}

/** Groups of nodes from which a way leads back to themselves, told apart by the same number (Tarjan, without recursion). */
const components = (below: ReadonlyArray<ReadonlySet<number>>): ReadonlyArray<number> => {
  const [index, low, component] = [below.map(() => -1), below.map(() => -1), below.map(() => -1)]
  const stack: Array<number> = []
  let [count, found] = [0, 0]
  for (const root of below.keys()) {
    if (index[root] !== -1) continue
    const open = [{ at: root, rest: [...(below[root] ?? [])] }]
    while (open.length > 0) {
      const top = open[open.length - 1]
      if (top === undefined) break
      const { at, rest } = top
      if (index[at] === -1) {
        index[at] = count
        low[at] = count++
        stack.push(at)
      }
      const next = rest.pop()
      if (next !== undefined) {
        if (index[next] === -1) open.push({ at: next, rest: [...(below[next] ?? [])] })
        else if (component[next] === -1) low[at] = Math.min(low[at] ?? 0, index[next] ?? 0)
        continue
      }
      open.pop()
      const above = open[open.length - 1]
      if (above !== undefined) low[above.at] = Math.min(low[above.at] ?? 0, low[at] ?? 0)
      if (low[at] !== index[at]) continue
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        component[member] = found
        if (member === at) break
      }
      found++
    }
  }
  return component
}

/** Takes groups that stand on one another in a circle apart: into steps along the longest way through the circle. */
const apart = (nodes: ReadonlyArray<Standing>, group: ReadonlyArray<number>): ReadonlyArray<number> => {
  const circle = components(quotient(nodes, group))
  const size = new Map<number, number>()
  for (const one of circle) size.set(one, (size.get(one) ?? 0) + 1)
  const circleOf = (at: number) => circle[group[at] ?? -1] ?? -1
  const steps: Array<number> = []
  return number(
    nodes.map(({ inputs }, at) => {
      const own = circleOf(at)
      const inside = inputs.filter((input) => circleOf(input) === own)
      const step = (size.get(own) ?? 1) < 2 ? 0 : Math.max(0, ...inside.map((input) => (steps[input] ?? 0) + 1))
      steps.push(step)
      return `${group[at] ?? -1} ${step}`
    }),
  )
}

/** Makes one of groups that give the same table, stand on the same groups and have the same groups on them. */
const alike = (
  nodes: ReadonlyArray<Standing>,
  group: ReadonlyArray<number>,
  tables: ReadonlyArray<string>,
): ReadonlyArray<number> => {
  const below = quotient(nodes, group)
  const above = below.map(() => new Set<number>())
  below.forEach((inputs, at) => {
    for (const input of inputs) above[input]?.add(at)
  })
  const list = (set: ReadonlySet<number> | undefined) => [...(set ?? [])].sort((a, b) => a - b).join()
  return number(
    group.map((own, at) => {
      // What nothing stands on is what was asked for: each for itself.
      const ends = (above[own]?.size ?? 0) === 0 || (tables[at] ?? "") === ""
      return ends ? `${own}` : `${tables[at]} ${list(below[own])} ${list(above[own])}`
    }),
  )
}

const ordered = (below: ReadonlyArray<ReadonlySet<number>>): ReadonlyArray<number> => {
  const above = below.map((): Array<number> => [])
  const left = below.map((inputs) => inputs.size)
  below.forEach((inputs, at) => {
    for (const input of inputs) above[input]?.push(at)
  })
  const order = left.flatMap((count, at) => (count === 0 ? [at] : []))
  for (const at of order) {
    for (const next of above[at] ?? []) {
      left[next] = (left[next] ?? 0) - 1
      if (left[next] === 0) order.push(next)
    }
  }
  return order
}

/**
 * Groups nodes that are drawn as one: those of a stage, as far as no group then
 * stands on itself, and those of several stages that give the same table and
 * have the same neighbours. `tables` names what each node gives; an empty name
 * keeps its stage apart.
 */
export const fold = (nodes: ReadonlyArray<Standing>, tables: ReadonlyArray<string>): Folded => {
  const levels = returns(nodes)
  const byStage = apart(nodes, number(nodes.map(({ stage }, at) => `${levels[at] ?? 0} ${stage}`)))
  const group = alike(nodes, byStage, tables)
  const below = quotient(nodes, group)
  const order = ordered(below)
  const place = new Map(order.map((at, index) => [at, index]))
  const groups = order.map((): Array<number> => [])
  group.forEach((own, at) => groups[place.get(own) ?? -1]?.push(at))
  const edges = order.flatMap((at, to) =>
    [...(below[at] ?? [])].map((from) => [place.get(from) ?? -1, to] as const).sort(([a], [b]) => a - b),
  )
  return { groups, edges }
}
