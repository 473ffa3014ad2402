import * as Effect from "effect/Effect"
import * as Dag from "../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { select } from "../dsl/select.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import * as Resolver from "./Resolver.ts"
import * as Staleness from "./Staleness.ts"
import type { Plan, PlannedNode, State } from "./State.ts"

/** What is chosen for a plan or a run: all targets and nothing forced where nothing is said. */
export interface Choice {
  readonly targets?: ReadonlyArray<string>
  readonly force?: ReadonlyArray<string>
}

/** Lays the pipeline out and resolves all that is known before anything runs. */
export const prepare = Effect.fn("Plan.prepare")(function* (
  pipeline: Pipeline,
  choice: Choice,
): Effect.fn.Return<Resolver.Resolver, PipelineError | StoreError, Store | StageServices> {
  const dag = yield* Dag.make(pipeline)
  const named = yield* Effect.forEach(choice.targets ?? [], (pattern) => select(dag, pattern))
  const forced = yield* Effect.forEach(choice.force ?? [], (pattern) => select(dag, pattern))
  const targets = named.length === 0 ? Object.values(dag.targets) : named.flat()
  const resolver = yield* Resolver.make(dag, { targets, forced: spread(dag, forced.flat()) })
  yield* resolver.advance()
  return resolver
})

/**
 * A node that is known by its key hides from what stands on it whether its
 * rows have changed, so what stands on a forced one is computed again with it.
 */
const spread = (dag: Dag.Dag, forced: ReadonlyArray<number>): ReadonlySet<number> => {
  const all = new Set(forced)
  for (const node of dag.nodes) {
    if (Dag.inputsOf(node).some((i) => all.has(i) && !Resolver.known(dag.nodes[i]))) all.add(node.index)
  }
  return all
}

/** The nodes that something stale will ask for, each with the name of the one that asks. */
const wanted = (resolver: Resolver.Resolver): ReadonlyMap<number, string> => {
  const asked = new Map<number, string>()
  for (const index of resolver.selected.toReversed()) {
    const node = resolver.dag.nodes[index]
    if (node === undefined) continue
    const units = resolver.units(index)
    const lacks = units === undefined || units.some((unit) => unit.outputs === undefined)
    const called = asked.has(index) || (units === undefined ? resolver.required(index) : resolver.due(index).length > 0)
    if (!lacks || !called) continue
    for (const input of Dag.inputsOf(node)) if (!asked.has(input)) asked.set(input, node.name)
  }
  return asked
}

/** The nodes that have to run before a node's inputs are known. */
const awaited = (resolver: Resolver.Resolver, node: Dag.DagNode): ReadonlyArray<string> => {
  const found = new Set<string>()
  const seen = new Set<number>()
  const open = [...Dag.inputsOf(node)]
  for (let index = open.shift(); index !== undefined; index = open.shift()) {
    const input = resolver.dag.nodes[index]
    if (input === undefined || seen.has(index) || resolver.shards(index) !== undefined) continue
    seen.add(index)
    if (Resolver.known(input)) found.add(input.name)
    else open.push(...Dag.inputsOf(input))
  }
  return [...found]
}

/** Every node's state, from what the resolver knows by now. */
export const states = Effect.fn("Plan.states")(function* (
  resolver: Resolver.Resolver,
): Effect.fn.Return<Plan, StoreError, Store> {
  const { dag } = resolver
  const history = yield* Effect.cached(Staleness.history(dag.pipeline))
  const asked = wanted(resolver)
  const at = new Map(resolver.selected.map((index, position) => [index, position]))

  const stateOf = Effect.fnUntraced(function* (node: Dag.DagNode): Effect.fn.Return<State, StoreError, Store> {
    const problem = resolver.problem(node.index)
    if (problem !== undefined) return { _tag: "failed", message: problem.message }
    const units = resolver.units(node.index)
    const parts = resolver.parts(node.index)
    if (units === undefined || parts === undefined) return { _tag: "waiting", for: awaited(resolver, node) }
    const lacking = units.filter((unit) => unit.outputs === undefined)
    if (lacking.length === 0) return { _tag: "fresh" }
    const [due] = resolver.due(node.index)
    const by = asked.get(node.index)
    if (due === undefined && by === undefined) return { _tag: "streamed" }
    const past = yield* history
    const record = past.record(node.name)
    if (record?.state === "failed") {
      const tried = new Set(record.keys)
      if (lacking.every((unit) => tried.has(unit.key))) {
        return { _tag: "failed", message: record.message ?? "failed in the last run" }
      }
    }
    const first = due ?? units.findIndex((unit) => unit.outputs === undefined)
    const unit = units[first]
    const before = yield* past.action(node.name, first)
    if (unit === undefined || (due === undefined && before === undefined)) {
      return { _tag: "stale", reason: `needed by ${by}` }
    }
    const why = yield* Staleness.reasonOf(past, node.name, first, unit, parts)
    return { _tag: "stale", reason: due === undefined ? `${why}, needed by ${by}` : why }
  })

  const nodes = yield* Effect.forEach(
    resolver.selected.flatMap((index) => dag.nodes[index] ?? []),
    Effect.fnUntraced(function* (node): Effect.fn.Return<PlannedNode, StoreError, Store> {
      const units = resolver.units(node.index)
      return {
        name: node.name,
        stage: node.stage.name,
        state: yield* stateOf(node),
        shards:
          units === undefined
            ? undefined
            : { total: units.length, fresh: units.filter((unit) => unit.outputs !== undefined).length },
        inputs: Dag.inputsOf(node).flatMap((i) => at.get(i) ?? []),
        target: node.target,
      }
    }),
  )
  return { pipeline: dag.pipeline, nodes }
})

/** What would run, and why. */
export const plan = Effect.fn("Plan.plan")(function* (
  pipeline: Pipeline,
  choice: Choice = {},
): Effect.fn.Return<Plan, PipelineError | StoreError, Store | StageServices> {
  return yield* states(yield* prepare(pipeline, choice))
})
