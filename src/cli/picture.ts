// Reaches the engine, so commands import it when they need it.
import * as Effect from "effect/Effect"
import type { Pipeline, PipelineError } from "../dsl/Pipeline.ts"
import { type Choice, prepare, states } from "../plan/Plan.ts"
import type { Resolver } from "../plan/Resolver.ts"
import * as Staleness from "../plan/Staleness.ts"
import { type About, type Figures, make, type Picture } from "../report/picture/Picture.ts"
import type { Engine } from "../run/Engine.ts"
import type { Action } from "../store/Action.ts"
import { Store } from "../store/Store.ts"
import type { StoreError } from "../store/StoreError.ts"

const sum = (all: ReadonlyArray<number>): number => all.reduce((total, one) => total + one, 0)

const ofActions = (actions: ReadonlyArray<Action>): Figures => {
  const outputs = actions.flatMap((action) => action.outputs)
  return {
    seconds: sum(actions.map(({ seconds }) => seconds)),
    rows: sum(outputs.map(({ table }) => table.rows)),
    bytes: sum(outputs.map(({ aside, table }) => table.bytes + (aside?.bytes ?? 0))),
  }
}

// What is streamed leaves no action: of it are known the rows that went through, and how long a run was at it.
const ofStream = (resolver: Resolver, index: number, seconds: number | undefined): Figures => {
  const rows = resolver.shards(index)?.map((shard) => shard.rows)
  const known = rows?.filter((n) => n !== undefined) ?? []
  return {
    ...(seconds === undefined || seconds === 0 ? {} : { seconds }),
    ...(rows === undefined || known.length < rows.length ? {} : { rows: sum(known) }),
  }
}

/**
 * The picture of what would run. Nodes have the figures of what the store has
 * of them, or of what the last run gave where they are not fresh.
 */
export const picture = Effect.fn("picture")(function* (
  pipeline: Pipeline,
  choice: Choice = {},
): Effect.fn.Return<Picture, PipelineError | StoreError, Engine> {
  const store = yield* Store
  const resolver = yield* Effect.scoped(prepare(pipeline, choice))
  const plan = yield* states(resolver)
  const history = yield* Staleness.history(pipeline.name)
  const about = yield* Effect.forEach(
    resolver.selected.flatMap((index) => resolver.dag.nodes[index] ?? []),
    Effect.fnUntraced(function* ({ index, name, stage }): Effect.fn.Return<About, StoreError> {
      const kind = { table: stage.output.name, rowWise: stage.output.rowWise }
      const units = resolver.units(index) ?? []
      const record = history.record(name)
      const present = units.filter((unit) => unit.outputs !== undefined).map(({ key }) => key)
      const keys = present.length > 0 ? present : (record?.keys ?? [])
      const actions = (yield* Effect.forEach(keys, (key) => store.action(key))).filter((action) => action !== undefined)
      const figures = actions.length > 0 ? ofActions(actions) : ofStream(resolver, index, record?.seconds)
      return { kind, figures }
    }),
  )
  return make(plan, about)
})
