/**
 * Arrow IPC files of tables, written and read record batch by record batch.
 * Loads apache-arrow, so whoever needs it imports it when it is needed.
 */
import { makeData } from "apache-arrow"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { open as openFile } from "node:fs/promises"
import * as ArrowFile from "./ArrowFile.ts"
import * as Batch from "./Batch.ts"
import { toBatch } from "./decode.ts"
import { ChunkWriter, toRecordBatch } from "./encode.ts"
import { fromCause, IpcError } from "./IpcError.ts"
import * as Kind from "./Kind.ts"
import { type Shapes, toArrow } from "./schema.ts"
import { appendTo } from "./appendTo.ts"
import type { Batch as BatchOf, Table } from "./Table.ts"

/** Record batches are cut where they would grow beyond this many bytes. A larger row has one to itself. */
export const batchBytes = 64 * 2 ** 20

/** Takes bytes of a file in order. They may be views into a batch and are done with once the effect is. */
export type Sink<E, R> = (chunks: ReadonlyArray<Uint8Array>) => Effect.Effect<void, E, R>

/** A file in the making. */
export interface Encoder<T extends Table, E, R> {
  /** Writes a batch. One without rows leaves no trace but, at most, the shape of its tensors. */
  readonly append: (batch: BatchOf<T>) => Effect.Effect<void, E | IpcError, R>
  /** Writes the end of the file; says how many rows it has. */
  readonly finish: Effect.Effect<number, E | IpcError, R>
}

// Row by row, so that equal batches are cut alike wherever they come from.
function* cut<T extends Table>(table: T, batch: BatchOf<T>): Generator<BatchOf<T>> {
  const rows = Batch.rowCount(table, batch)
  const columns = Batch.columnsOf(table)
  let [start, bytes] = [0, 0]
  for (let row = 0; row < rows; row++) {
    const weight = columns.reduce((sum, [name, column]) => sum + Kind.of(column).weight(batch[name], row), 0)
    if (row > start && bytes + weight > batchBytes) {
      yield Batch.slice(table, batch, start, row)
      ;[start, bytes] = [row, 0]
    }
    bytes += weight
  }
  yield start === 0 ? batch : Batch.slice(table, batch, start, rows)
}

const shapesOf = <T extends Table>(table: T, batch: BatchOf<T>): Shapes => {
  const shapes = new Map<string, ReadonlyArray<number>>()
  for (const [name, column] of Batch.columnsOf(table)) {
    const shape = Kind.of(column).shape(batch[name])
    if (shape !== undefined) shapes.set(name, shape)
  }
  return shapes
}

/**
 * Encodes a table. Equal rows in equal batches give equal bytes. Batches over
 * 64 MB are cut; the rest are written as they come, one record batch each.
 * `file` is what errors call the file.
 */
export const encoder = <T extends Table, E, R>(table: T, file: string, sink: Sink<E, R>): Encoder<T, E, R> => {
  let writer: ChunkWriter | undefined
  let shapes: Shapes = new Map()
  let rows = 0

  const fail = (column: string, message: string): never => {
    throw new IpcError({ kind: "mismatch", message: `${file}: column ${column}: ${message}`, file })
  }

  const begin = (batch: BatchOf<T>): ChunkWriter => {
    const problem = Batch.problem(table, batch)
    if (problem !== undefined) fail(problem.column, problem.message)
    const found = shapesOf(table, batch)
    if (writer === undefined) return new ChunkWriter(toArrow(table, found))
    for (const [name, shape] of found) {
      const former = shapes.get(name) ?? shape
      if (former.join() !== shape.join()) fail(name, `shape [${shape.join(", ")}] after [${former.join(", ")}]`)
    }
    return writer
  }

  const write = (open: ChunkWriter, part: BatchOf<T>) => {
    open.write(toRecordBatch(table, open.schema, part, (column) => (message) => fail(column, message)))
    return open.take()
  }

  const attempt = <A>(run: () => A) => Effect.try({ try: run, catch: fromCause(file) })

  return {
    append: Effect.fnUntraced(function* (batch) {
      const count = yield* attempt(() => Batch.rowCount(table, batch))
      if (count === 0) {
        const known = new Map([...shapesOf(table, batch)].filter(([, shape]) => Kind.isKnown(shape)))
        if (rows === 0) shapes = new Map([...shapes, ...known])
        return
      }
      const open = yield* attempt(() => begin(batch))
      if (writer === undefined) shapes = shapesOf(table, batch)
      writer = open
      for (const part of cut(table, batch)) {
        yield* sink(yield* attempt(() => write(open, part)))
      }
      rows += count
    }),
    finish: Effect.gen(function* () {
      const open = writer ?? new ChunkWriter(toArrow(table, shapes))
      yield* sink(open.end())
      return rows
    }),
  }
}

const opened = (path: string): Effect.Effect<ArrowFile.ArrowFile, IpcError, Scope.Scope> =>
  Effect.acquireRelease(Effect.tryPromise({ try: () => ArrowFile.open(path), catch: fromCause(path) }), (file) =>
    Effect.ignore(Effect.tryPromise(() => file.close())),
  )

interface Part {
  readonly block: ArrowFile.BatchBlock
  readonly from: number
  readonly to: number
}

const parts = async (file: ArrowFile.ArrowFile, start: number, end: number): Promise<ReadonlyArray<Part>> => {
  const found: Array<Part> = []
  let row = 0
  for (const block of file.batches) {
    if (row >= end) break
    const rows = await file.rows(block)
    const [from, to] = [Math.max(start - row, 0), Math.min(end - row, rows)]
    if (from < to) found.push({ block, from, to })
    row += rows
  }
  return found
}

/**
 * The rows of a file, lazily, a record batch at a time; with a range, the rows
 * from `start` up to, not including, `end`, reading no other batches. Where
 * there are none, one batch without rows tells the shape of the tensors.
 */
export const read = <T extends Table>(
  table: T,
  path: string,
  range?: { readonly start?: number; readonly end?: number },
): Stream.Stream<BatchOf<T>, IpcError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const file = yield* opened(path)
      const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: fromCause(path) })
      const decode = (loaded: ArrowFile.Loaded) =>
        toBatch(table, file.schema.fields, loaded, (column, kind, message) => {
          throw new IpcError({ kind, message: `${path}: column ${column}: ${message}`, file: path })
        })
      const found = yield* attempt(() => parts(file, range?.start ?? 0, range?.end ?? Number.POSITIVE_INFINITY))
      if (found.length === 0) {
        const columns = file.schema.fields.map(({ type }) => makeData({ type, length: 0, nullCount: 0 }))
        return Stream.fromEffect(attempt(async () => decode({ rows: 0, columns })))
      }
      return Stream.mapEffect(Stream.fromIterable(found), ({ block, from, to }) =>
        attempt(async () => {
          const loaded = await file.load(block)
          const batch = decode(loaded)
          return from === 0 && to === loaded.rows ? batch : Batch.slice(table, batch, from, to)
        }),
      )
    }),
  )

/** How many rows a file has. Reads the heads of its record batches alone. */
export const rowCount = (path: string): Effect.Effect<number, IpcError> =>
  Effect.scoped(
    Effect.flatMap(opened(path), (file) =>
      Effect.tryPromise({
        try: async () => {
          let rows = 0
          for (const block of file.batches) rows += await file.rows(block)
          return rows
        },
        catch: fromCause(path),
      }),
    ),
  )

/** Writes a file from batches, replacing what was there; says how many rows it has. */
export const write = <T extends Table, E, R>(
  table: T,
  path: string,
  batches: Stream.Stream<BatchOf<T>, E, R>,
): Effect.Effect<number, E | IpcError, R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const handle = yield* Effect.acquireRelease(
        Effect.tryPromise({ try: () => openFile(path, "w"), catch: fromCause(path) }),
        (handle) => Effect.ignore(Effect.tryPromise(() => handle.close())),
      )
      const sink = (chunks: ReadonlyArray<Uint8Array>) =>
        Effect.tryPromise({ try: () => appendTo(handle, chunks), catch: fromCause(path) })
      const file = encoder(table, path, sink)
      yield* Stream.runForEach(batches, file.append)
      return yield* file.finish
    }),
  )
