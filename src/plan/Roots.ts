import * as Effect from "effect/Effect"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import type { StageServices } from "../dsl/Services.ts"
import * as Layout from "../store/Layout.ts"
import * as Pins from "../store/Pins.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"
import { prepare } from "./Plan.ts"
import * as Staleness from "./Staleness.ts"

/** What has to stay in a store. */
export interface Roots {
  /** Keys whose results are wanted. */
  readonly keys: ReadonlySet<string>
  /** Stages whose results are written only while there is room for them: no key depends on whether they are there. */
  readonly spare: ReadonlySet<string>
}

/**
 * What is wanted of a store: what the targets of the pipeline as it is now
 * need, and all that the last `runs` runs of each pipeline and the runs that
 * have a name used. Of nodes whose keys are not known yet, the results that
 * their last run used stay, as these may turn out to be fresh.
 */
export const roots = Effect.fn("Roots.roots")(function* (
  pipeline: Pipeline,
  runs: number,
): Effect.fn.Return<Roots, PipelineError | StoreError, Store | StageServices> {
  const store = yield* Store
  const keys = new Set<string>()
  const add = (more: Iterable<string>) => {
    for (const key of more) keys.add(key)
  }

  const resolver = yield* prepare(pipeline, {})
  const history = yield* Staleness.history(pipeline.name)
  for (const index of resolver.selected) {
    const units = resolver.units(index)
    const name = resolver.dag.nodes[index]?.name ?? ""
    add(units === undefined ? (history.record(name)?.keys ?? []) : units.map((unit) => unit.key))
  }

  const recorded = Map.groupBy(yield* store.lastRuns(Number.POSITIVE_INFINITY), (run) => run.pipeline)
  const pinned = (yield* Pins.all(Layout.make(store.root))).map(({ record }) => record)
  for (const run of [...[...recorded.values()].flatMap((own) => own.slice(0, runs)), ...pinned]) {
    for (const node of Object.values(run.nodes)) add(node.keys)
  }

  const stages = new Set(resolver.dag.nodes.map(({ stage }) => stage))
  const spare = [...stages].filter((stage) => stage.persist !== "always").map((stage) => stage.name)
  return { keys, spare: new Set(spare) }
})
