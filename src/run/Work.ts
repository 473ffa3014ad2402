import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { DagNode } from "../dsl/Dag.ts"
import { guarded } from "../dsl/guarded.ts"
import type { StageServices } from "../dsl/Services.ts"
import type { AnyReaders, Reader } from "../dsl/Stage.ts"
import { StageError } from "../dsl/StageError.ts"
import * as Device from "../onnx/Device.ts"
import { known, overOf, type Resolver, type Shard } from "../plan/Resolver.ts"
import { Store } from "../store/Store.ts"
import { asStageError, failure, lost, type NodeFailure } from "./Failure.ts"
import { cut, type Opened, through } from "./Flow.ts"

/** Nodes that are computed on the fly for a shard, and the stored one they start from. */
export interface Chain {
  readonly base: number
  /** Inputs before what stands on them; the last is the node that was asked for. */
  readonly nodes: ReadonlyArray<number>
}

/** Access to nodes' rows and steps while a run lasts. */
export interface Work {
  /** The nodes between a shard and the nearest stored one that it stands on. */
  readonly chain: (index: number, shard: number) => Chain
  /** A row-wise node, ready to work; shared by all shards that are under way. */
  readonly open: (index: number) => Effect.Effect<Opened, NodeFailure, Scope.Scope>
  /** A node's inputs as its stage reads them, those named in `except` left out. */
  readonly readers: (node: DagNode, except?: string) => Effect.Effect<AnyReaders, NodeFailure>
}

/**
 * What stages ask for, but for the scope: each unit of work has one of its own,
 * and what a stage opens is closed with it. They compute on the processor unless
 * their environment names another device.
 */
export const stageContext = Effect.map(Effect.context<Exclude<StageServices, Scope.Scope>>(), (context) =>
  Context.add(Context.omit(Scope.Scope)(context), Device.Device, "cpu"),
)

/** Opens access to the nodes of a resolver; sessions close some seconds after their last use. */
export const make = Effect.fnUntraced(function* (
  resolver: Resolver,
): Effect.fn.Return<Work, never, Store | StageServices> {
  const store = yield* Store
  const context = yield* stageContext
  const node = (index: number): DagNode => {
    const found = resolver.dag.nodes[index]
    if (found === undefined) throw new Error(`no node ${index}`)
    return found
  }
  const stored = (index: number, shard: number) => resolver.shards(index)?.[shard]?.output

  const chain = (index: number, shard: number): Chain => {
    const nodes = [index]
    for (;;) {
      const over = overOf(node(nodes[0] ?? index))
      if (over === undefined) return { base: nodes[0] ?? index, nodes: nodes.slice(1) }
      if (stored(over, shard) !== undefined || known(node(over))) return { base: over, nodes }
      nodes.unshift(over)
    }
  }

  /** A shard's rows as it stood when someone began to read: what is lost meanwhile fails as such. */
  const rowsOf = (index: number, at: number, found: Shard): Stream.Stream<BatchOf<Table>, NodeFailure> => {
    const table = node(index).stage.output
    if (found.output !== undefined) return Stream.mapError(store.read(table, found.output), failure(index))
    const { base, nodes } = chain(index, at)
    return Stream.unwrap(
      Effect.gen(function* () {
        const opened = yield* Effect.forEach(nodes, open)
        const from = node(base).stage.output
        return cut(from, shard(base, at)).pipe(
          Stream.mapEffect(through(opened, { index: base, table: from }, new Set([index])), { concurrency: 2 }),
          Stream.mapEffect(({ values }) => Effect.fromResult(values.get(index) ?? Result.succeed(undefined))),
          Stream.filter((batch) => batch !== undefined),
        )
      }),
    ).pipe(Stream.scoped, Stream.provideContext(context))
  }

  const shard = (index: number, at: number): Stream.Stream<BatchOf<Table>, NodeFailure> =>
    Stream.suspend(() => {
      const found = resolver.shards(index)?.[at]
      return found === undefined ? Stream.fail(lost(index, store.root)) : rowsOf(index, at, found)
    })

  const reader = Effect.fnUntraced(function* (index: number): Effect.fn.Return<Reader<Table>, NodeFailure> {
    const shards = resolver.shards(index)
    if (shards === undefined) return yield* lost(index, store.root)
    const table = node(index).stage.output
    const parts = shards.map((found, at) => ({
      rows: found.rows ?? 0,
      batches: rowsOf(index, at, found).pipe(
        Stream.filter((batch) => Batch.rowCount(table, batch) > 0),
        Stream.mapError(asStageError),
      ),
    }))
    const batches = Stream.flatMap(Stream.fromArray(parts), (part) => part.batches)
    return {
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      batches,
      shards: parts,
      all: Effect.flatMap(Stream.runCollect(batches), (list) =>
        Effect.try({
          try: () => (list.length === 0 ? Batch.fromRows(table, []) : Batch.concat(table, list)),
          catch: (cause) => new StageError({ message: cause instanceof Error ? cause.message : String(cause) }),
        }),
      ),
    }
  })

  const readers = Effect.fnUntraced(function* (
    of: DagNode,
    except?: string,
  ): Effect.fn.Return<AnyReaders, NodeFailure> {
    const made: Record<string, AnyReaders[string]> = {}
    for (const [name, input] of Object.entries(of.inputs)) {
      if (name === except || input === undefined) continue
      made[name] = typeof input === "number" ? yield* reader(input) : yield* Effect.forEach(input, reader)
    }
    return made
  })

  const openStage = Effect.fnUntraced(function* (
    of: DagNode,
  ): Effect.fn.Return<Opened, StageError | NodeFailure, StageServices> {
    const { stage } = of
    if (stage.kind === "whole") return yield* new StageError({ message: `${stage.name} sees whole tables, not shards` })
    const sides = yield* readers(of, stage.over)
    if (stage.kind === "rows") {
      const step = yield* stage.open(sides, of.params)
      return { kind: "rows", node: of, stage, step: (batch) => guarded(step(batch)) }
    }
    const step = yield* stage.open(sides, of.params)
    return { kind: "each", node: of, stage, step: (row) => guarded(step(row)) }
  })

  // What a node was opened with is part of a session's name: after its other inputs have changed there is a new one.
  const sessions = yield* RcMap.make({
    lookup: (session: string) => {
      const index = Number.parseInt(session, 10)
      return guarded(openStage(node(index))).pipe(
        Effect.provideService(Device.Device, Device.named(resolver.parts(index)?.environment)),
        Effect.provideContext(context),
        Effect.mapError(failure(index)),
      )
    },
    idleTimeToLive: "2 seconds",
  })
  const open = (index: number): Effect.Effect<Opened, NodeFailure, Scope.Scope> =>
    Effect.suspend(() => {
      const { stage } = node(index)
      const over = stage.kind === "whole" ? undefined : stage.over
      const sides = Object.entries(resolver.units(index)?.[0]?.inputs ?? {}).filter(([name]) => name !== over)
      const session = [index, ...sides.flat()].join(" ")
      // A failure is not remembered: what it comes from may be mended by the next time.
      return Effect.tapError(RcMap.get(sessions, session), () => RcMap.invalidate(sessions, session))
    })
  return { chain, open, readers }
})
