import * as Effect from "effect/Effect"
import type { Dag, DagNode } from "./Dag.ts"
import { PipelineError } from "./Pipeline.ts"

// A node may be several targets, under a name each.
const targetsOf = ({ targets }: Dag, { index }: DagNode): ReadonlyArray<string> =>
  Object.entries(targets).flatMap(([name, at]) => (at === index ? [name] : []))

const matcher = (dag: Dag, pattern: string): ((node: DagNode) => boolean) => {
  const expression = new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`)
  return (node) =>
    [node.name, node.stage.name, ...targetsOf(dag, node)].some((name) => name === pattern || expression.test(name))
}

/** Names that share less than this with what was asked for are no help. */
const likeness = 0.15

const alike = (a: string, b: string): number => {
  const pairs = (text: string) =>
    new Set(Array.from({ length: text.length - 1 }, (_, i) => text.slice(i, i + 2).toLowerCase()))
  const [left, right] = [pairs(a), pairs(b)]
  return (2 * left.intersection(right).size) / Math.max(1, left.size + right.size)
}

/**
 * The nodes that a pattern names: a node's name, a target's name or a stage's
 * name, with `*` for any text (`extract(hog, *)`, `score*`).
 */
export const select = (dag: Dag, pattern: string): Effect.Effect<ReadonlyArray<number>, PipelineError> => {
  const matches = matcher(dag, pattern)
  const found = dag.nodes.filter(matches).map((node) => node.index)
  if (found.length > 0) return Effect.succeed(found)
  const near = dag.nodes
    .map(({ name, stage }) => ({ name, score: Math.max(alike(name, pattern), alike(stage.name, pattern)) }))
    .filter(({ score }) => score >= likeness)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ name }) => name)
  return Effect.fail(
    new PipelineError({
      message: `no node matches ${pattern}`,
      hint: `${near.length === 0 ? "" : `names like it: ${near.join(", ")}; `}\`pipeline graph\` lists all`,
    }),
  )
}

/** The one node that a name means: the exact name first, then a pattern that matches a single node. */
export const selectOne = Effect.fnUntraced(function* (
  dag: Dag,
  name: string,
): Effect.fn.Return<DagNode, PipelineError> {
  const exact = dag.nodes.find((node) => node.name === name || dag.targets[name] === node.index)
  if (exact !== undefined) return exact
  const found = (yield* select(dag, name)).flatMap((index) => dag.nodes[index] ?? [])
  const [first] = found
  if (first !== undefined && found.length === 1) return first
  return yield* new PipelineError({
    message: `${name} means ${found.length} nodes`,
    hint: `name one of ${found
      .slice(0, 5)
      .map((node) => node.name)
      .join(", ")}${found.length > 5 ? ", …" : ""}`,
  })
})
