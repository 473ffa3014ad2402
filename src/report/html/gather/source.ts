import type { DagNode } from "../../../dsl/Dag.ts"
import type { State } from "../../../plan/State.ts"
import type { Found } from "../../../run/Inspect.ts"
import type { Source } from "../Study.ts"

/** How a node's results came about, its shards taken together. */
export const sourceOf = (node: DagNode, { actions, fresh }: Found, state: State): Source => {
  const outputs = actions.flatMap((action) => action.outputs)
  const [first] = actions
  return {
    node: node.name,
    target: node.target,
    stage: node.stage.name,
    state,
    fresh,
    keys: actions.map(({ key }) => key),
    artifacts: outputs.map(({ table }) => table.hash),
    rows: outputs.reduce((sum, { table }) => sum + table.rows, 0),
    bytes: outputs.reduce((sum, { table }) => sum + table.bytes, 0),
    seconds: actions.reduce((sum, { seconds }) => sum + seconds, 0),
    finished: actions.map(({ finished }) => finished).reduce((last, at) => (at > last ? at : last), ""),
    params: JSON.stringify(first?.parts.params ?? {}),
    code: first?.parts.code ?? "",
    versions: { ...first?.parts.packages, ...first?.parts.environment },
    host: first?.host ?? {},
  }
}
