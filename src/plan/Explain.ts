import * as Effect from "effect/Effect"
import * as Dag from "../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { selectOne } from "../dsl/select.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { Action, KeyParts } from "../store/Action.ts"
import type { RunRecord } from "../store/RunRecord.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { type Cause, causes, merged } from "./Cause.ts"
import * as Listing from "./Listing.ts"
import { prepare, states } from "./Plan.ts"
import type { Resolver } from "./Resolver.ts"
import * as Staleness from "./Staleness.ts"
import type { State } from "./State.ts"
import * as View from "./View.ts"

/** An input that was computed again after a node that stands on it, and gave the same: what followed was cut off. */
export interface CutOff {
  readonly input: string
  /** ISO 8601. */
  readonly finished: string
}

/** How a fresh node came about. */
export interface Made {
  /** Of its first shard. */
  readonly action: Action
  readonly seconds: number
  /** When the run that computed it began, where that is still recorded. */
  readonly run: string | undefined
  readonly cutOff: ReadonlyArray<CutOff>
}

/** A cause with what of a stage's code is another, by name. */
export interface Explained extends Cause {
  readonly code: ReadonlyArray<Listing.Renamed>
}

/** Why a node is in the state it is in: the parts of its key that differ from the last time, and where that comes from. */
export interface Explanation {
  readonly node: string
  readonly stage: string
  readonly state: State
  readonly shards: { readonly total: number; readonly fresh: number } | undefined
  readonly changes: ReadonlyArray<Staleness.Change>
  /** Where it begins, for a node that is stale or waits. */
  readonly causes: ReadonlyArray<Explained>
  /** For a fresh node. */
  readonly made: Made | undefined
  /** The key's parts as they are now, those of the first stale shard; undefined while inputs are not known. */
  readonly parts: KeyParts | undefined
}

/** How many former runs are looked at. */
const remembered = 20

const formerRuns = Effect.fnUntraced(function* (pipeline: string) {
  const store = yield* Store
  return (yield* store.lastRuns(remembered)).filter((run) => run.pipeline === pipeline)
})

/** Adds to causes what of the code is another. */
export const detailed = Effect.fnUntraced(function* (
  dag: Dag.Dag,
  all: ReadonlyArray<Cause>,
): Effect.fn.Return<ReadonlyArray<Explained>, never, Store> {
  const urls = new Map(dag.nodes.map((node) => [node.name, node.stage.module.url]))
  return yield* Effect.forEach(all, (cause) =>
    Effect.gen(function* () {
      const change = cause.changes.find(({ part }) => part === "code")
      const url = urls.get(cause.node)
      if (change?.before === undefined || change.after === undefined || url === undefined) return { ...cause, code: [] }
      const before = yield* Listing.recall(change.before)
      const after = yield* Listing.of({ url, code: change.after })
      return { ...cause, code: before === undefined || after === undefined ? [] : Listing.differences(before, after) }
    }),
  )
})

const made = Effect.fnUntraced(function* (
  resolver: Resolver,
  node: Dag.DagNode,
  runs: ReadonlyArray<RunRecord>,
): Effect.fn.Return<Made | undefined, StoreError, Store> {
  const store = yield* Store
  const actionsOf = (index: number) =>
    Effect.map(
      Effect.forEach(resolver.units(index) ?? [], ({ key }) => store.action(key)),
      (all) => all.filter((action) => action !== undefined),
    )
  const own = yield* actionsOf(node.index)
  const [action] = own
  if (action === undefined) return undefined
  const cutOff: Array<CutOff> = []
  for (const index of Dag.inputsOf(node)) {
    const input = resolver.dag.nodes[index]
    const last = (yield* actionsOf(index))
      .map(({ finished }) => finished)
      .sort()
      .at(-1)
    const oldest = own.map(({ finished }) => finished).sort()[0] ?? ""
    if (input !== undefined && last !== undefined && last > oldest) cutOff.push({ input: input.name, finished: last })
  }
  const run = runs.find(({ finished, nodes, started }) => {
    const state = nodes[node.name]?.state
    return state === "executed" && started <= action.finished && action.finished <= finished
  })
  return { action, seconds: own.reduce((sum, { seconds }) => sum + seconds, 0), run: run?.started, cutOff }
})

/** Explains one node by name, target name or a pattern that matches one. */
export const explain = Effect.fn("Explain.explain")(function* (
  pipeline: Pipeline,
  name: string,
): Effect.fn.Return<Explanation, PipelineError | StoreError, Store | StageServices> {
  const node = yield* selectOne(yield* Dag.make(pipeline), name)
  const resolver = yield* prepare(pipeline, {})
  const planned = (yield* states(resolver)).nodes.find((candidate) => candidate.name === node.name)
  const units = resolver.units(node.index) ?? []
  const at = Math.max(
    0,
    units.findIndex((unit) => unit.outputs === undefined),
  )
  const shared = resolver.parts(node.index)
  const unit = units[at]
  const parts = shared === undefined || unit === undefined ? undefined : { ...shared, inputs: unit.inputs }
  const history = yield* Staleness.history(pipeline.name)
  const before = unit === undefined || unit.outputs !== undefined ? undefined : yield* history.action(node.name, at)
  const state: State = planned?.state ?? { _tag: "fresh" }
  const runs = yield* formerRuns(pipeline.name)
  const why =
    state._tag === "stale" || state._tag === "waiting"
      ? yield* causes(resolver.dag, node.index, View.ofRuns(runs), View.ofNow(resolver))
      : []
  return {
    node: node.name,
    stage: node.stage.name,
    state,
    shards: planned?.shards,
    changes: parts === undefined || before === undefined ? [] : Staleness.changes(before.parts, parts),
    causes: yield* detailed(resolver.dag, why),
    made: state._tag === "fresh" ? yield* made(resolver, node, runs) : undefined,
    parts,
  }
})

/** A cause, and the nodes that are not fresh because of it. */
export interface Shared {
  readonly cause: Explained
  readonly nodes: ReadonlyArray<string>
}

/** Why a whole pipeline is not fresh: each cause once, with the nodes that it makes stale. */
export const overview = Effect.fn("Explain.overview")(function* (
  pipeline: Pipeline,
): Effect.fn.Return<
  { readonly shared: ReadonlyArray<Shared>; readonly nodes: number; readonly stale: number },
  PipelineError | StoreError,
  Store | StageServices
> {
  const resolver = yield* prepare(pipeline, {})
  const plan = yield* states(resolver)
  const view = View.ofRuns(yield* formerRuns(pipeline.name))
  const now = View.ofNow(resolver)
  const tags = new Set(["stale", "waiting", "failed"])
  const bad = new Set(plan.nodes.filter(({ state }) => tags.has(state._tag)).map(({ name }) => name))
  const found = yield* Effect.forEach(
    resolver.dag.nodes.filter(({ name }) => bad.has(name)),
    (node) => Effect.map(causes(resolver.dag, node.index, view, now), (all) => [node.name, all] as const),
  )
  const all = merged(found)
  const explained = yield* detailed(
    resolver.dag,
    all.map(({ cause }) => cause),
  )
  return {
    shared: all.flatMap(({ nodes }, at) => {
      const cause = explained[at]
      return cause === undefined ? [] : [{ cause, nodes }]
    }),
    nodes: plan.nodes.length,
    stale: bad.size,
  }
})
