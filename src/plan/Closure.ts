import * as Effect from "effect/Effect"
import { type Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { select } from "../dsl/select.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { Action } from "../store/Action.ts"
import type { Selection } from "../store/Bundle.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { prepare } from "./Plan.ts"

const stale = (name: string, pattern: string) =>
  new PipelineError({
    node: name,
    message: `${name} is not fresh, so there is nothing to bundle yet`,
    hint: `pipeline run '${pattern}', then bundle it`,
  })

/**
 * What nodes stand on, as far as it is in the store: their own results and
 * those of all nodes below them that are always written. With `tablesOnly` their
 * own results alone. Fails where one of these is not fresh.
 */
export const closure = Effect.fn("Closure.closure")(function* (
  pipeline: Pipeline,
  targets: ReadonlyArray<string>,
  tablesOnly: boolean,
): Effect.fn.Return<Selection, PipelineError | StoreError, Store | StageServices> {
  const store = yield* Store
  const resolver = yield* prepare(pipeline, { targets })
  const named = yield* Effect.forEach(targets, (pattern) => select(resolver.dag, pattern))
  const chosen = new Set(named.length === 0 ? Object.values(resolver.dag.targets) : named.flat())
  const nodeAt = (index: number) => resolver.dag.nodes[index]
  const actions: Array<Action> = []
  const nodes: Array<readonly [name: string, node: Selection["run"]["nodes"][string]]> = []

  for (const index of resolver.selected) {
    const node = nodeAt(index)
    if (node === undefined || (tablesOnly && !chosen.has(index))) continue
    const units = resolver.units(index)
    if (resolver.required(index) && (units === undefined || !resolver.complete(index))) {
      return yield* stale(node.name, targets[0] ?? node.name)
    }
    const keys = (units ?? []).map((unit) => unit.key)
    const own: Array<Action> = []
    for (const key of resolver.required(index) ? keys : []) {
      const action = yield* store.action(key)
      if (action === undefined) return yield* stale(node.name, targets[0] ?? node.name)
      own.push(action)
    }
    actions.push(...own)
    const seconds = own.reduce((sum, action) => sum + action.seconds, 0)
    nodes.push([node.name, { stage: node.stage.name, state: "cached", keys, seconds }])
  }

  // The time of the last result, not of this moment: equal results are bundled to equal bytes.
  const finished = actions.reduce((last, action) => (action.finished > last ? action.finished : last), "")
  const none = { executed: 0, failed: 0, blocked: 0, seconds: 0 }
  return {
    pipeline: pipeline.name,
    targets: resolver.selected.flatMap((index) => {
      const name = nodeAt(index)?.name
      return name !== undefined && chosen.has(index) ? [name] : []
    }),
    tablesOnly,
    actions,
    run: {
      pipeline: pipeline.name,
      started: finished,
      finished,
      nodes: Object.fromEntries(nodes),
      summary: {
        ...none,
        nodes: nodes.length,
        cached: nodes.length,
        shards: { executed: 0, cached: actions.length },
      },
    },
  }
})
