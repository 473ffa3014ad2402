/** A small plan with a node in every state. */
import type { Plan, PlannedNode, State } from "../../src/plan/State.ts"

const node = (
  name: string,
  state: State,
  inputs: ReadonlyArray<number>,
  rest: Partial<PlannedNode> = {},
): PlannedNode => ({
  name,
  stage: name.replace(/\(.*/, ""),
  state,
  inputs,
  shards: undefined,
  target: undefined,
  ...rest,
})

export const lottery: Plan = {
  pipeline: "lottery",
  nodes: [
    node("images(val)", { _tag: "fresh" }, []),
    node("decode(val)", { _tag: "streamed" }, [0], { shards: { total: 4, fresh: 0 } }),
    node("extract(hog, val)", { _tag: "stale", reason: "param crop 48 -> 56" }, [1], {
      shards: { total: 4, fresh: 1 },
    }),
    node("extract(pca, val)", { _tag: "failed", message: 'no output "embedding"\nit has: logits' }, [1], {
      shards: { total: 4, fresh: 0 },
    }),
    node("score(hog, val)", { _tag: "waiting", for: ["extract(hog, val)"] }, [2, 0]),
    node("score(pca, val)", { _tag: "waiting", for: ["extract(pca, val)"] }, [3, 0]),
    node("aggregate", { _tag: "waiting", for: ["score(hog, val)", "score(pca, val)"] }, [4, 5], { target: "table" }),
  ],
}

export const fresh: Plan = {
  pipeline: "lottery",
  nodes: lottery.nodes.map((one) => ({ ...one, state: { _tag: "fresh" as const } })),
}
