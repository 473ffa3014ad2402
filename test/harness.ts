/** Drives stages in tests without the engine: readers over batches, and the services that a stage may ask for. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Batch from "../src/arrow/Batch.ts"
import type { Batch as BatchOf, Row, Table } from "../src/arrow/Table.ts"
import type { Node } from "../src/dsl/Node.ts"
import { Cores, Memo, Progress, Resume, Root, type StageServices } from "../src/dsl/Services.ts"
import type { AnyReaders, AnyStage, Reader, Step } from "../src/dsl/Stage.ts"
import type { RowError, StageError } from "../src/dsl/StageError.ts"

/** How many rows a batch has where nothing else is said, as in the engine. */
export const batchSize = 64

/** Rows cut into batches of at most `size`. */
export const cut = <T extends Table>(table: T, batch: BatchOf<T>, size = batchSize): ReadonlyArray<BatchOf<T>> => {
  const rows = Batch.rowCount(table, batch)
  const starts = Array.from({ length: Math.ceil(rows / size) }, (_, i) => i * size)
  return starts.map((start) => Batch.slice(table, batch, start, Math.min(start + size, rows)))
}

/** An input of a stage, held in memory. */
export const readerOf = <T extends Table>(table: T, batch: BatchOf<T>, size = batchSize): Reader<T> => ({
  rows: Batch.rowCount(table, batch),
  batches: Stream.fromIterable(cut(table, batch, size)),
  all: Effect.succeed(batch),
  shards: cut(table, batch, size * 4).map((shard) => ({
    rows: Batch.rowCount(table, shard),
    batches: Stream.fromIterable(cut(table, shard, size)),
  })),
})

/** Real cores and files, a memo in memory, silent progress; relative paths start at `directory`. */
export const services = (options?: { readonly directory?: string; readonly cores?: number }) => {
  const total = options?.cores ?? 2
  const cores = Layer.effect(
    Cores,
    Effect.map(Semaphore.make(total), (semaphore) =>
      Cores.of({ total, use: (n) => (effect) => semaphore.withPermits(Math.min(n, total))(effect) }),
    ),
  )
  const inMemory = () => {
    const kept = new Map<string, Uint8Array>()
    return {
      load: (name: string) => Effect.sync(() => kept.get(name)),
      save: (name: string, bytes: Uint8Array) => Effect.sync(() => void kept.set(name, bytes)),
    }
  }
  return Layer.mergeAll(
    cores,
    Layer.sync(Memo, inMemory),
    Layer.sync(Resume, inMemory),
    Layer.succeed(Progress, Progress.of({ report: () => Effect.void })),
    Layer.succeed(Root, Root.of({ directory: options?.directory ?? process.cwd() })),
    NodeFileSystem.layer,
    NodePath.layer,
  )
}

/** A stage of which the output's type is still known. */
export type StageTo<O extends Table> = AnyStage & ((...args: never) => Node<O>)

/** Params as written in a pipeline, checked by the stage's schema. A bad one is a defect. */
export const paramsOf = (stage: AnyStage, params: unknown): Effect.Effect<unknown> =>
  Effect.orDie(Schema.decodeUnknownEffect(stage.params as Schema.Decoder<unknown>)(params))

/** What a whole-table stage makes of its inputs, all batches in one. */
export const runWhole = Effect.fnUntraced(function* <O extends Table>(
  stage: StageTo<O>,
  inputs: AnyReaders = {},
  params: unknown = {},
): Effect.fn.Return<BatchOf<O>, StageError, StageServices> {
  if (stage.kind !== "whole") return yield* Effect.die(`${stage.name} is not a whole-table stage`)
  const made = yield* stage.run(inputs, yield* paramsOf(stage, params))
  const batches = Stream.isStream(made) ? yield* Stream.runCollect(made) : [made]
  return Batch.concat(stage.output, batches) as BatchOf<O>
})

/** The step of a stage that works batch by batch. `inputs` are all but the one it walks. */
export const openRows = Effect.fnUntraced(function* <O extends Table>(
  stage: StageTo<O>,
  inputs: AnyReaders = {},
  params: unknown = {},
): Effect.fn.Return<Step<BatchOf<Table>, BatchOf<O>, StageError>, StageError, StageServices> {
  if (stage.kind !== "rows") return yield* Effect.die(`${stage.name} does not work batch by batch`)
  const step = yield* stage.open(inputs, yield* paramsOf(stage, params))
  return step as Step<BatchOf<Table>, BatchOf<O>, StageError>
})

/** The step of a stage that works row by row. `inputs` are all but the one it walks. */
export const openEach = Effect.fnUntraced(function* <O extends Table>(
  stage: StageTo<O>,
  inputs: AnyReaders = {},
  params: unknown = {},
): Effect.fn.Return<Step<Row<Table>, Row<O>, StageError | RowError>, StageError, StageServices> {
  if (stage.kind !== "each") return yield* Effect.die(`${stage.name} does not work row by row`)
  const step = yield* stage.open(inputs, yield* paramsOf(stage, params))
  return step as Step<Row<Table>, Row<O>, StageError | RowError>
})
