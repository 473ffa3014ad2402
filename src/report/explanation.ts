import type { Explanation } from "../plan/Explain.ts"
import { count } from "./format.ts"
import { grid } from "./grid.ts"
import { parts } from "./provenance.ts"
import { inState, inWords, sign } from "./state.ts"
import { paint, type Style } from "./style.ts"

const nothing = ({ state }: Explanation): string => {
  switch (state._tag) {
    case "fresh":
      return "No part of its key has changed since it was computed."
    case "waiting":
      return "Its key is known only once these have run; where they give what they gave before, it need not run."
    case "failed":
      return "No part of its key has changed since it failed."
    case "streamed":
      return "It is never written: it is computed on the fly when something that stands on it is."
    case "stale":
      return "There is no former key to compare with."
  }
}

/** Why a node is in its state: each part of its key that changed, with the former and the new value, then the key. */
export const explanation = (self: Explanation, style: Style): ReadonlyArray<string> => {
  const { state } = self
  const { fresh, total } = self.shards ?? { fresh: 0, total: 0 }
  // What is streamed is never there, and nothing is wrong with that.
  const shards =
    total < 2 || fresh === total || state._tag === "streamed"
      ? ""
      : `  (${count(fresh)} of ${count(total)} shards fresh)`
  const changes = self.changes.map(({ after, before, name, part }) => [
    part,
    name,
    before ?? "none",
    "->",
    after ?? "none",
  ])
  return [
    `${sign(style, state._tag)} ${paint(style, "strong", self.node)}  ${inState(style, state._tag, inWords(state))}${shards}`,
    "",
    ...(changes.length === 0 ? [nothing(self)] : ["changed", ...grid(changes, []).map((line) => `  ${line}`)]),
    ...(self.parts === undefined ? [] : ["", "key", ...parts(self.parts)]),
  ]
}
