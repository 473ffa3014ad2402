import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Batch from "../../../arrow/Batch.ts"
import type { Batch as BatchOf, Row, Table } from "../../../arrow/Table.ts"
import type { Dag, DagNode } from "../../../dsl/Dag.ts"
import type { Pipeline, PipelineError } from "../../../dsl/Pipeline.ts"
import { states } from "../../../plan/Plan.ts"
import type { Plan } from "../../../plan/State.ts"
import type { Resolver } from "../../../plan/Resolver.ts"
import type { Engine } from "../../../run/Engine.ts"
import { type Found, inspector } from "../../../run/Inspect.ts"
import { Store } from "../../../store/Store.ts"
import type { StoreError } from "../../../store/StoreError.ts"
import * as Columns from "../columns.ts"
import type { Part, Source } from "../Study.ts"
import { sourceOf } from "./source.ts"

/** Which rows of a batch to keep. */
export type Keep<T extends Table> = (batch: BatchOf<T>) => (at: number) => boolean

/** A pipeline's results, read once and remembered by where they come from. */
export interface Access {
  readonly dag: Dag
  readonly plan: Plan
  readonly resolver: Resolver
  /** The nodes that give such a table. */
  readonly nodes: (table: Table) => ReadonlyArray<DagNode>
  /** What the store has of a node; undefined where it has nothing. */
  readonly found: (node: DagNode) => Effect.Effect<Found | undefined, StoreError>
  /** The rows of a node, batch by batch; none where nothing is there. */
  readonly batches: <T extends Table>(table: T, node: DagNode) => Stream.Stream<BatchOf<T>, StoreError>
  /** The rows of some nodes together, or what to run to have them. */
  readonly rows: <T extends Table>(
    table: T,
    nodes: ReadonlyArray<DagNode>,
    keep?: Keep<T>,
  ) => Effect.Effect<Part<Row<T>>, StoreError>
  /** Takes note that something is drawn from a node; gives its position among the sources. */
  readonly cite: (node: DagNode) => Effect.Effect<ReadonlyArray<number>, StoreError>
  /** All that was cited. */
  readonly sources: () => ReadonlyArray<Source>
}

const all: Keep<Table> = () => () => true

/** What gives a table, for those who lack it. */
const givers: Readonly<Record<string, string>> = {
  leaderboard: "the stage `aggregate` gives them",
  scores: "the stage `score` gives them",
}

const giver = (table: Table): string =>
  givers[table.name] ?? `the stages of \`lottery\` give them (table ${table.name})`

/** Opens a pipeline's results. Reads the store and computes nothing. */
export const make = Effect.fn("report.Access.make")(function* (
  pipeline: Pipeline,
): Effect.fn.Return<Access, PipelineError | StoreError, Engine> {
  const store = yield* Store
  const { found: find, resolver } = yield* inspector(pipeline)
  const plan = yield* states(resolver)
  const { dag } = resolver
  const stateOf = new Map(plan.nodes.map((node) => [node.name, node.state]))
  const known = new Map<number, Found | undefined>()
  const cited = new Map<number, { readonly at: number; readonly source: Source }>()

  const found = Effect.fnUntraced(function* (node: DagNode): Effect.fn.Return<Found | undefined, StoreError> {
    if (!known.has(node.index)) {
      known.set(node.index, yield* find(node).pipe(Effect.catchTag("PipelineError", () => Effect.succeed(undefined))))
    }
    return known.get(node.index)
  })

  const cite = Effect.fnUntraced(function* (node: DagNode) {
    const there = yield* found(node)
    if (there === undefined) return []
    const one = cited.get(node.index) ?? {
      at: cited.size,
      source: sourceOf(node, there, stateOf.get(node.name) ?? { _tag: "fresh" }),
    }
    cited.set(node.index, one)
    return [one.at]
  })

  const batches = <T extends Table>(table: T, node: DagNode): Stream.Stream<BatchOf<T>, StoreError> =>
    Stream.unwrap(
      Effect.map(found(node), (there) =>
        Stream.fromIterable((there?.actions ?? []).flatMap(({ outputs }) => outputs)).pipe(
          Stream.flatMap((output) => store.read(table, output)),
        ),
      ),
    )

  const rows = Effect.fnUntraced(function* <T extends Table>(
    table: T,
    nodes: ReadonlyArray<DagNode>,
    keep: Keep<T> = all,
  ): Effect.fn.Return<Part<Row<T>>, StoreError> {
    if (nodes.length === 0) return { missing: `No node of this pipeline has such results: ${giver(table)}.` }
    const kept: Array<Row<T>> = []
    const sources: Array<number> = []
    let total = 0
    let wrong: string | undefined
    for (const node of nodes) {
      if ((yield* found(node)) === undefined) continue
      const read = Stream.runForEach(batches(table, node), (batch) =>
        Effect.sync(() => {
          const count = Batch.rowCount(table, batch)
          const wanted = keep(batch)
          total += count
          for (let at = 0; at < count; at++) if (wanted(at)) kept.push(Batch.row(table, batch, at))
        }),
      )
      // A file that is gone or damaged costs the figures that stand on it, not the report.
      const problem = yield* Effect.match(read, { onFailure: ({ message }) => message, onSuccess: () => undefined })
      wrong ??= problem
      if (problem === undefined) sources.push(...(yield* cite(node)))
    }
    if (sources.length > 0) return { rows: kept, sources, total }
    const [first] = nodes
    const name = first === undefined ? table.name : (first.target ?? first.name)
    const command = `\`pipeline run '${name}'\``
    return {
      missing:
        wrong === undefined
          ? `Not computed yet: ${command}`
          : `What was computed cannot be read (${wrong}): ${command}`,
    }
  })

  return {
    dag,
    plan,
    resolver,
    nodes: (table) => dag.nodes.filter(({ stage }) => Columns.fits(table, stage.output)),
    found,
    batches,
    rows,
    cite,
    sources: () => [...cited.values()].map(({ source }) => source),
  }
})
