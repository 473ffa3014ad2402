import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import * as Batch from "../arrow/Batch.ts"
import type { IpcError } from "../arrow/IpcError.ts"
import type { Batch as BatchOf, Table } from "../arrow/Table.ts"
import type { ArtifactRef, Output } from "./Action.ts"
import type { Artifacts } from "./Artifacts.ts"
import { fromCause, isAbsent, missing, StoreError } from "./StoreError.ts"

/** The reader and writer of artifacts, loaded when it is first needed. */
export type Ipc = Effect.Effect<typeof import("../arrow/Ipc.ts")>

// The file is what its name says, so no computing anew mends it: the record that led here is wrong.
const wrong = (message: string, file: string) =>
  new StoreError({ kind: "io", message, file, hint: "compute the node again with --force" })

// A collector may remove a file after it was found sound and before it is open.
const fromIpc =
  (ref: ArtifactRef) =>
  (error: IpcError): StoreError => {
    if (isAbsent(error)) return missing(error.file, ref.hash)
    return error.kind === "io" ? fromCause(error, "read", error.file) : wrong(error.message, error.file)
  }

/** Takes rows from a stream of batches, as many as asked for, wherever its batches end. */
const taker = Effect.fnUntraced(function* (
  table: Table,
  batches: Stream.Stream<BatchOf<Table>, StoreError>,
  file: string,
) {
  const pull = yield* Stream.toPull(batches)
  let rest = Batch.fromRows(table, [])
  const more = pull.pipe(
    Effect.tap((next) =>
      Effect.sync(() => {
        rest = Batch.concat(
          table,
          [rest, ...next].filter((batch) => Batch.rowCount(table, batch) > 0),
        )
      }),
    ),
    Pull.catchDone(() => Effect.fail(wrong(`${file} has fewer rows than the table it belongs to`, file))),
  )
  return Effect.fnUntraced(function* (rows: number) {
    while (Batch.rowCount(table, rest) < rows) yield* more
    const taken = Batch.slice(table, rest, 0, rows)
    rest = Batch.slice(table, rest, rows, Batch.rowCount(table, rest))
    return taken
  })
})

/** The rows of an output, batch by batch, with their `aside` columns beside them. */
export const read = <T extends Table>(
  artifacts: Artifacts,
  ipc: Ipc,
  table: T,
  output: Output,
): Stream.Stream<BatchOf<T>, StoreError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const Ipc = yield* ipc
      const file = yield* artifacts.verify(output.table)
      if (table.aside.length === 0) return Stream.mapError(Ipc.read(table, file), fromIpc(output.table))

      const isAside = (name: string) => table.aside.includes(name)
      const [main, companion] = [Batch.only(table, (name) => !isAside(name)), Batch.only(table, isAside)]
      if (output.aside === undefined) return Stream.fail(wrong(`${file} has no companion`, file))
      const asideFile = yield* artifacts.verify(output.aside)
      const take = yield* taker(
        companion,
        Stream.mapError(Ipc.read(companion, asideFile), fromIpc(output.aside)),
        asideFile,
      )
      return Ipc.read(main, file).pipe(
        Stream.mapError(fromIpc(output.table)),
        Stream.mapEffect((batch) =>
          Effect.map(take(Batch.rowCount(main, batch)), (beside) => Batch.beside(table, [batch, beside])),
        ),
      )
    }),
  )
